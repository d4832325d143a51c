import type { AuditEntry, DeadLetter, DeployPreview, KeyInfo, Me, SecretInfo, TopicSummary } from '#shared/api.ts';
import type { Sample } from '#shared/events.ts';
import type { Catalog } from '#shared/node-type.ts';

/** Made-up answers of everything but the flows themselves, which are in fixture-flows.ts. */

export const me: Me = {
  name: 'Mara Bell',
  role: 'admin',
  demo: true,
  environment: 'development',
  version: '0.1.0',
  hooksUrl: 'http://127.0.0.1:3400/hooks',
};

const hour = 3_600_000;
const day = 24 * hour;

export const preview: DeployPreview = {
  problems: [
    {
      code: 'port/unconnected',
      severity: 'warning',
      node: 'lanes',
      message: 'Nothing takes the lane “Every other order”; connect it, or these messages are counted as filtered.',
    },
  ],
  nextVersion: 15,
  replaces: 14,
  restarts: true,
  topics: ['orders', 'crm', 'marketing', 'erp', 'warehouse', 'dead'].map((name) => ({
    name: `millrace.web-shop-orders.${name}`,
    partitions: 4,
    exists: name !== 'warehouse',
  })),
  groups: ['transform', 'crm', 'marketing', 'erp', 'warehouse'].map((stage) => ({
    group: `millrace.web-shop-orders.${stage}`,
    stage,
    start: stage === 'warehouse' ? 'earliest' : 'continues',
  })),
  paths: [
    { source: 'orders', sink: 'crm', guarantee: 'effectively-once', by: 'idempotency-key' },
    { source: 'orders', sink: 'marketing', guarantee: 'at-least-once', by: 'none', weakest: 'marketing' },
    { source: 'orders', sink: 'erp', guarantee: 'effectively-once', by: 'idempotency-key' },
    { source: 'orders', sink: 'warehouse', guarantee: 'effectively-once', by: 'transaction' },
  ],
};

const order = (id: string, coupon: string): string =>
  `{"id":${id},"created_at":"2026-01-14T10:37:21Z","st":2,"coupon":"${coupon}","total":129.10,"cust":{"first":"Jonas","last":"Berg","spend":1310.00},"items":[{"sku":"A-1","qty":2},{"sku":"C-7","qty":1}]}`;

/** Dead letters of the demo flow, newest first: two causes, and one message that is not text. */
export function deadLetters(): DeadLetter[] {
  const now = Date.now();
  const letter = (index: number, minutes: number, more: Partial<DeadLetter>): DeadLetter => ({
    position: `millrace.web-shop-orders.dead/0@${900 - index}`,
    at: now - minutes * 60_000,
    flow: 'web-shop-orders',
    version: index > 8 ? 13 : 14,
    node: 'to-erp',
    stage: 'transform',
    code: 'jsonata/D3030',
    message: `coupon could not be turned into a number: "${index},50"`,
    origin: `millrace.web-shop-orders.orders/${index % 4}@${48_211 - index * 31}`,
    attempt: index === 2 ? 2 : 1,
    key: String(450_789_512 - index * 7),
    value: order(`9007199254740${String(993 - index * 7).padStart(3, '0')}`, `${index},50`),
    encoding: 'utf8',
    headers: {
      'millrace-origin': `millrace.web-shop-orders.orders/${index % 4}@${48_211 - index * 31}`,
      'millrace-flow': 'web-shop-orders@14',
      'content-type': 'application/json',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    },
    ...more,
  });
  return [
    ...[3, 5, 11, 42, 65, 130, 131].map((minutes, index) => letter(index + 1, minutes, {})),
    ...[200, 410, 415].map((minutes, index) =>
      letter(index + 8, minutes, {
        node: 'complete',
        code: 'value/schema',
        message: `/items: must NOT have fewer than 1 items, in order ${index + 77_001}`,
      }),
    ),
    letter(11, 600, {
      node: 'erp',
      stage: 'erp',
      code: 'http/400',
      message: 'The ERP refused the order: 400 customer number is unknown',
      attempt: 1,
    }),
    letter(12, 900, {
      node: 'orders',
      code: 'value/json',
      message: 'The value is not JSON: the text ends in the middle',
      value: '{"id": 450789400, "items": [',
      key: null,
    }),
  ];
}

export const topics: TopicSummary[] = [
  { name: 'millrace.ledger', partitions: 4, messages: 48_112 },
  ...['orders', 'crm', 'marketing', 'erp', 'warehouse', 'dead'].map((name, index) => ({
    name: `millrace.web-shop-orders.${name}`,
    partitions: 4,
    messages: [744_210, 245_589, 416_757, 721_884, 744_198, 12][index] ?? 0,
  })),
  { name: 'millrace.stock-levels.dead', partitions: 4, messages: 7 },
  { name: 'millrace.stock-levels.changes', partitions: 8, messages: 1_230_400 },
  { name: 'prices', partitions: 12, messages: 9_480_312 },
  { name: 'shop.audit', partitions: 1, messages: 0 },
];

export const secrets: SecretInfo[] = [
  { name: 'crm-token', updatedAt: new Date(Date.now() - 12 * day).toISOString(), updatedBy: 'Mara Bell' },
  { name: 'erp-password', updatedAt: new Date(Date.now() - 3 * hour).toISOString(), updatedBy: 'Jon Tran' },
  { name: 'shop-webhook-hmac', updatedAt: new Date(Date.now() - 47 * day).toISOString(), updatedBy: 'Mara Bell' },
];

export const keys: KeyInfo[] = [
  {
    id: 'k1',
    name: 'Mara Bell',
    role: 'admin',
    createdAt: new Date(Date.now() - 60 * day).toISOString(),
    lastUsedAt: new Date(Date.now() - 2000).toISOString(),
  },
  {
    id: 'k2',
    name: 'ci-deploy',
    role: 'admin',
    createdAt: new Date(Date.now() - 40 * day).toISOString(),
    lastUsedAt: new Date(Date.now() - 3 * hour).toISOString(),
  },
  { id: 'k3', name: 'Grafana', role: 'viewer', createdAt: new Date(Date.now() - 9 * day).toISOString() },
];

export function audit(): AuditEntry[] {
  const now = Date.now();
  const entry = (minutes: number, who: string, action: string, detail: string, flow?: string): AuditEntry => ({
    at: new Date(now - minutes * 60_000).toISOString(),
    who,
    action,
    detail,
    ...(flow !== undefined && { flow }),
  });
  return [
    entry(62, 'Mara Bell', 'flow.save', 'Revision 41', 'web-shop-orders'),
    entry(300, 'Mara Bell', 'flow.deploy', 'Version 14, replaces 13', 'web-shop-orders'),
    entry(304, 'Mara Bell', 'flow.publish', 'Version 14: country lanes', 'web-shop-orders'),
    entry(180, 'Jon Tran', 'secret.put', 'erp-password'),
    entry(1500, 'ci-deploy', 'flow.deploy', 'Version 18, replaces 17', 'price-updates'),
    entry(4320, 'Pia Ortiz', 'flow.stop', 'Stopped by hand', 'supplier-catalogue'),
    entry(13_000, 'Mara Bell', 'key.create', 'Grafana, viewer'),
  ];
}

export const samples: Sample[] = [1, 2, 3].map((index) => ({
  node: 'orders',
  port: 'out',
  at: Date.now() - index * 1000,
  origin: `millrace.web-shop-orders.orders/${index}@48211`,
  key: String(450_789_500 + index),
  value: order(`45078950${index}`, '5.00'),
  truncated: false,
  headers: {},
}));

const text = (label: string, widget: 'jsonata' | 'text' | 'json' | 'topic' = 'text') => ({ type: 'string', label, widget });
export const catalog: Catalog = {
  types: [
    {
      type: 'webhook',
      version: 1,
      kind: 'source',
      title: 'Webhook',
      summary: 'Receives messages by HTTP and answers once they are safe.',
      category: 'Sources',
      look: 'source',
      icon: 'webhook',
      config: { type: 'object', properties: { path: text('Path') }, required: ['path'] },
      ports: [{ id: 'out', label: 'Out' }],
    },
    {
      type: 'kafka-source',
      version: 1,
      kind: 'source',
      title: 'Kafka topic',
      summary: 'Reads a topic of yours.',
      category: 'Sources',
      look: 'source',
      icon: 'layers',
      config: { type: 'object', properties: { topic: text('Topic', 'topic') }, required: ['topic'] },
      ports: [{ id: 'out', label: 'Out' }],
      topic: { field: 'topic' },
    },
    {
      type: 'schedule',
      version: 1,
      kind: 'source',
      title: 'Schedule',
      summary: 'Makes a message at the times of a cron line.',
      category: 'Sources',
      look: 'source',
      icon: 'calendar-clock',
      config: { type: 'object', properties: { cron: text('Times') } },
      ports: [{ id: 'out', label: 'Out' }],
    },
    {
      type: 'map',
      version: 1,
      kind: 'transform',
      title: 'Map',
      summary: 'Makes a new value from the message with JSONata.',
      category: 'Transforms',
      look: 'map',
      icon: 'shuffle',
      config: { type: 'object', properties: { expression: text('Mapping', 'jsonata') }, required: ['expression'] },
      ports: [{ id: 'out', label: 'Out' }],
    },
    {
      type: 'filter',
      version: 1,
      kind: 'transform',
      title: 'Filter',
      summary: 'Lets through what fits a condition and counts the rest.',
      category: 'Transforms',
      look: 'route',
      icon: 'filter',
      config: { type: 'object', properties: { when: text('Keep when', 'jsonata') } },
      ports: [{ id: 'out', label: 'Out' }],
    },
    {
      type: 'switch',
      version: 1,
      kind: 'transform',
      title: 'Switch',
      summary: 'Sends each message down the lanes whose condition fits.',
      category: 'Transforms',
      look: 'route',
      icon: 'split',
      config: { type: 'object', properties: { cases: { type: 'array', label: 'Lanes', widget: 'cases' } } },
      ports: { perItem: 'cases', id: 'id', label: 'label', plus: [{ id: 'other', label: 'Every order', wanted: true }] },
    },
    {
      type: 'validate',
      version: 1,
      kind: 'transform',
      title: 'Validate',
      summary: 'Checks the value against a JSON Schema.',
      category: 'Transforms',
      look: 'route',
      icon: 'list-checks',
      config: { type: 'object', properties: { schema: text('Schema', 'json') } },
      ports: [{ id: 'out', label: 'Out' }],
    },
    {
      type: 'http',
      version: 1,
      kind: 'sink',
      title: 'HTTP',
      summary: 'Calls a web service for each message.',
      category: 'Sinks',
      look: 'sink',
      icon: 'arrow-right-left',
      config: { type: 'object', properties: { url: text('URL', 'jsonata') } },
      ports: [],
      guarantee: 'idempotency-key',
    },
    {
      type: 'postgres',
      version: 1,
      kind: 'sink',
      title: 'PostgreSQL',
      summary: 'Writes rows, once each, with the offsets in the same transaction.',
      category: 'Sinks',
      look: 'sink',
      icon: 'database',
      config: { type: 'object', properties: { table: text('Table') } },
      ports: [],
      guarantee: 'transaction',
    },
    {
      type: 'vat-check',
      version: 1,
      kind: 'transform',
      title: 'VAT check',
      summary: 'Checks a VAT number for its country.',
      category: 'Custom',
      look: 'custom',
      icon: 'percent',
      config: { type: 'object', properties: { field: text('Field') } },
      ports: [{ id: 'out', label: 'Out' }],
      custom: true,
    },
  ],
  failures: [
    {
      file: 'nodes/currency.ts',
      message: 'It could not be loaded: Cannot find package "big.js". Install it beside the file or leave the import out, then restart.',
    },
  ],
};
