import {
  Asterisk,
  Braces,
  Calculator,
  CircleHelp,
  Combine,
  GitFork,
  Group,
  Link2,
  type LucideIcon,
  Quote,
  Repeat,
  Sigma,
  SquareFunction,
  Table2,
  Type,
} from 'lucide-react';
import { type KeyboardEvent, useRef } from 'react';
import type { Rule } from '#shared/mapping/rule.ts';
import type { Kind } from '#shared/shape/shape.ts';
import { type Tool, tools } from './draft.ts';
import styles from './row-form.module.css';

const icons: Readonly<Record<Tool, LucideIcon>> = {
  field: Link2,
  constant: Asterisk,
  template: Quote,
  formula: Calculator,
  function: SquareFunction,
  default: CircleHelp,
  condition: GitFork,
  table: Table2,
  loop: Repeat,
  aggregate: Sigma,
  group: Group,
  merge: Combine,
  code: Braces,
};

/** What a row can be made of, side by side; the arrows move between them. For a list, what goes through lists comes first. */
export function ToolBar({
  tool,
  kinds,
  onChoose,
  rule,
}: {
  tool: Tool | undefined;
  kinds: readonly Kind[];
  onChoose: (tool: Tool) => void;
  rule: Rule | undefined;
}) {
  const place = useRef<HTMLDivElement>(null);
  const all = Object.keys(tools) as Tool[];
  const lists = kinds.includes('list') || rule?.kind === 'loop';
  const order = lists ? [...all.filter((one) => one === 'loop'), ...all.filter((one) => one !== 'loop')] : all;
  const at = Math.max(0, tool === undefined ? 0 : order.indexOf(tool));
  const press = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const buttons = [...(place.current?.querySelectorAll('button') ?? [])];
    const from = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[(from + step + buttons.length) % buttons.length]?.focus();
  };
  return (
    <div ref={place} className={styles.tools} role="toolbar" aria-label="Kind of rule" onKeyDown={press}>
      {order.map((one, i) => {
        const Icon = icons[one] ?? Type;
        return (
          <button
            key={one}
            type="button"
            className={styles.tool}
            aria-pressed={one === tool}
            title={tools[one].help}
            tabIndex={i === at ? 0 : -1}
            onClick={() => onChoose(one)}
          >
            <Icon size={14} aria-hidden="true" />
            {tools[one].label}
          </button>
        );
      })}
    </div>
  );
}
