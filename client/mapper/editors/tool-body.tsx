import type { Rule } from '#shared/mapping/rule.ts';
import { opaqueReason } from '#shared/mapping/view.ts';
import { ConditionEditor, DefaultEditor } from './choice-editors.tsx';
import type { Draft } from './draft.ts';
import { FunctionEditor } from './function-editor.tsx';
import { CodeEditor, ConstantEditor, FieldEditor, FormulaEditor } from './leaf-editors.tsx';
import { AggregateEditor, GroupEditor, LoopEditor, MergeEditor } from './list-editors.tsx';
import { TableEditor } from './table-editor.tsx';
import { TemplateEditor } from './template-input.tsx';

/** The editor of a draft. `check`: what is still wrong is said. */
export function ToolBody({
  draft,
  onChange,
  check,
  rule,
}: {
  draft: Draft;
  onChange: (draft: Draft) => void;
  check: boolean;
  rule: Rule | undefined;
}) {
  const all = { onChange, check };
  switch (draft.tool) {
    case 'field':
      return <FieldEditor draft={draft} {...all} />;
    case 'constant':
      return <ConstantEditor draft={draft} {...all} />;
    case 'template':
      return <TemplateEditor draft={draft} {...all} />;
    case 'formula':
      return <FormulaEditor draft={draft} {...all} />;
    case 'function':
      return <FunctionEditor draft={draft} {...all} />;
    case 'default':
      return <DefaultEditor draft={draft} {...all} />;
    case 'condition':
      return <ConditionEditor draft={draft} {...all} />;
    case 'table':
      return <TableEditor draft={draft} {...all} />;
    case 'loop':
      return (
        <LoopEditor
          draft={draft}
          {...all}
          named={{
            item: rule?.kind === 'loop' && rule.itemName !== undefined,
            index: rule?.kind === 'loop' && rule.indexName !== undefined,
          }}
        />
      );
    case 'aggregate':
      return <AggregateEditor draft={draft} {...all} />;
    case 'group':
      return <GroupEditor draft={draft} {...all} />;
    case 'merge':
      return <MergeEditor draft={draft} {...all} />;
    case 'code':
      return <CodeEditor draft={draft} {...all} reason={rule && opaqueReason(rule)} />;
  }
}
