import {
  AlignLeft,
  Archive,
  ArrowRightLeft,
  Ban,
  Binary,
  Braces,
  CalendarClock,
  CircleDot,
  ClipboardPaste,
  Clock,
  Cloud,
  Code,
  Combine,
  Copy,
  Database,
  Eraser,
  FastForward,
  File,
  FileText,
  FlaskConical,
  Funnel,
  GitFork,
  Globe,
  Group,
  Hash,
  Inbox,
  Key,
  Keyboard,
  Layers,
  List,
  ListChecks,
  type LucideIcon,
  Mail,
  Maximize,
  Merge,
  Minus,
  Network,
  Package,
  Pen,
  Plug,
  Plus,
  Radio,
  Redo2,
  Repeat,
  Route,
  Rss,
  Scissors,
  ScrollText,
  Search,
  Send,
  Server,
  ShieldCheck,
  ShoppingCart,
  Shuffle,
  SkipForward,
  SlidersHorizontal,
  Split,
  SquareFunction,
  Table2,
  Timer,
  Trash2,
  TriangleAlert,
  Undo2,
  Waypoints,
  Webhook,
} from 'lucide-react';
import type { NodeLook } from '#shared/node-type.ts';
import styles from './icons.module.css';

/** The studio's set: what a node type or an action may name. */
const named: Record<string, LucideIcon> = {
  webhook: Webhook,
  kafka: Waypoints,
  topic: Waypoints,
  database: Database,
  table: Table2,
  schedule: CalendarClock,
  cron: CalendarClock,
  clock: Clock,
  timer: Timer,
  file: File,
  'file-text': FileText,
  'shopping-cart': ShoppingCart,
  'arrow-right-left': ArrowRightLeft,
  'scroll-text': ScrollText,
  folder: Archive,
  map: Shuffle,
  shuffle: Shuffle,
  transform: Shuffle,
  filter: Funnel,
  funnel: Funnel,
  switch: GitFork,
  route: Route,
  split: Split,
  join: Merge,
  merge: Merge,
  combine: Combine,
  validate: ListChecks,
  check: ListChecks,
  schema: ListChecks,
  shield: ShieldCheck,
  http: ArrowRightLeft,
  globe: Globe,
  lookup: Search,
  search: Search,
  call: Globe,
  send: Send,
  mail: Mail,
  code: Code,
  function: SquareFunction,
  script: Code,
  hash: Hash,
  key: Key,
  dedupe: Layers,
  layers: Layers,
  list: List,
  repeat: Repeat,
  log: ScrollText,
  queue: Inbox,
  inbox: Inbox,
  binary: Binary,
  json: Braces,
  braces: Braces,
  csv: Table2,
  text: AlignLeft,
  mask: Eraser,
  cloud: Cloud,
  server: Server,
  generator: Radio,
  demo: Radio,
  rss: Rss,
  plug: Plug,
  package: Package,
  copy: Copy,
  paste: ClipboardPaste,
  scissors: Scissors,
  trash: Trash2,
  pen: Pen,
  plus: Plus,
  minus: Minus,
  ban: Ban,
  skip: SkipForward,
  forward: FastForward,
  sliders: SlidersHorizontal,
  waypoints: Waypoints,
  group: Group,
  flask: FlaskConical,
  fit: Maximize,
  tidy: Network,
  undo: Undo2,
  redo: Redo2,
  keyboard: Keyboard,
  problem: TriangleAlert,
};

/** An icon by name, or drawn from SVG path data (24 × 24, stroked) that a custom type brought; a dot when it is neither. */
export function Icon({ name, size = 16 }: { name: string; size?: number }) {
  const Known = named[name];
  if (Known) return <Known size={size} strokeWidth={1.5} aria-hidden="true" />;
  if (/^[Mm][\d\s.,\-a-zA-Z]+$/.test(name)) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        <path d={name} />
      </svg>
    );
  }
  return <CircleDot size={size} strokeWidth={1.5} aria-hidden="true" />;
}

const shapes: Record<NodeLook, React.ReactNode> = {
  source: <circle cx="16" cy="16" r="14.5" />,
  map: <rect x="2.5" y="2.5" width="27" height="27" rx="6" />,
  route: (
    <path d="M14.2 2.3a2.5 2.5 0 0 1 3.6 0l11.9 11.9a2.5 2.5 0 0 1 0 3.6L17.8 29.7a2.5 2.5 0 0 1-3.6 0L2.3 17.8a2.5 2.5 0 0 1 0-3.6Z" />
  ),
  enrich: (
    <path d="M14.5 2a3 3 0 0 1 3 0l9.6 5.6a3 3 0 0 1 1.5 2.6v11.6a3 3 0 0 1-1.5 2.6L17.5 30a3 3 0 0 1-3 0l-9.6-5.6a3 3 0 0 1-1.5-2.6V10.2a3 3 0 0 1 1.5-2.6Z" />
  ),
  sink: (
    <>
      <circle cx="16" cy="14" r="12" />
      <path d="M6 30.5h20" className={styles.base} />
    </>
  ),
  custom: <path d="M8 2.5h15l6.5 6.5v15a5.5 5.5 0 0 1-5.5 5.5H8A5.5 5.5 0 0 1 2.5 24V8A5.5 5.5 0 0 1 8 2.5Z" />,
};

/** The tile of a node: its shape says the kind, its colour says it again, its icon says the type. */
export function NodeTile({ look, icon, size = 32 }: { look: NodeLook; icon: string; size?: number }) {
  return (
    <span className={[styles.tile, styles[look]].join(' ')} style={{ width: size, height: size }} aria-hidden="true">
      <svg aria-hidden="true" viewBox="0 0 32 32" width={size} height={size} className={styles.shape}>
        {shapes[look]}
      </svg>
      <span className={styles.icon} style={look === 'sink' ? { marginTop: -size / 8 } : undefined}>
        <Icon name={icon} size={Math.round(size / 2)} />
      </span>
    </span>
  );
}
