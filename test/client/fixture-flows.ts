import type { FlowRecord, FlowSummary } from '#shared/api.ts';
import type { FlowStatus, NodeTotals, StageStatus } from '#shared/events.ts';
import { type Flow, flowSchema } from '#shared/flow.ts';

/** Made-up flows of the size and shape of a real installation, for looking at the studio without a server. */

const hour = 3_600_000;
const day = 24 * hour;

interface Plot {
  id: string;
  name: string;
  by: string;
  version?: number;
  /** ms before the start of the fixture. */
  deployed?: number;
  edited: number;
  changed?: boolean;
  nodes: number;
  inPerMinute: number;
  outPerMinute: number;
  dead: number;
  level: FlowStatus['health']['level'];
  state: FlowStatus['state'];
  sentence: string;
}

export const plots: Plot[] = [
  {
    id: 'refunds',
    name: 'Refunds to ledger',
    by: 'Jon Tran',
    version: 6,
    deployed: 10 * day,
    edited: 10 * day,
    nodes: 5,
    inPerMinute: 29,
    outPerMinute: 0,
    dead: 0,
    level: 'error',
    state: 'failed',
    sentence: 'Stopped: PostgreSQL is down; 318 waiting; nothing lost',
  },
  {
    id: 'web-shop-orders',
    name: 'Web shop orders',
    by: 'Mara Bell',
    version: 14,
    deployed: 5 * hour,
    edited: hour,
    changed: true,
    nodes: 11,
    inPerMinute: 1240,
    outPerMinute: 3530,
    dead: 12,
    level: 'warning',
    state: 'running',
    sentence: 'ERP is retrying for 2 min; 4 waiting; nothing lost',
  },
  {
    id: 'parcel-tracking',
    name: 'Parcel tracking',
    by: 'Sena Kaya',
    version: 22,
    deployed: 3 * day,
    edited: 3 * day,
    nodes: 4,
    inPerMinute: 860,
    outPerMinute: 512,
    dead: 0,
    level: 'warning',
    state: 'running',
    sentence: 'Falling behind, 3 min 40 s: 1906 waiting; nothing lost',
  },
  {
    id: 'stock-levels',
    name: 'Stock levels',
    by: 'Pia Ortiz',
    version: 31,
    deployed: 4.4 * hour,
    edited: 4.5 * hour,
    nodes: 6,
    inPerMinute: 2050,
    outPerMinute: 2050,
    dead: 7,
    level: 'warning',
    state: 'running',
    sentence: 'Keeping up, less than 1 s behind; 7 dead letters in the last hour',
  },
  {
    id: 'customer-master',
    name: 'Customer master',
    by: 'Mara Bell',
    version: 9,
    deployed: 19 * day,
    edited: 19 * day,
    nodes: 7,
    inPerMinute: 318,
    outPerMinute: 954,
    dead: 0,
    level: 'ok',
    state: 'running',
    sentence: 'Keeping up, 1 s behind',
  },
  {
    id: 'price-updates',
    name: 'Price updates',
    by: 'Pia Ortiz',
    version: 18,
    deployed: 2 * day,
    edited: 2 * day,
    nodes: 3,
    inPerMinute: 4600,
    outPerMinute: 4600,
    dead: 0,
    level: 'ok',
    state: 'running',
    sentence: 'Keeping up, less than 1 s behind',
  },
  {
    id: 'invoices',
    name: 'Invoices to data lake',
    by: 'Jon Tran',
    version: 4,
    deployed: 24 * day,
    edited: 24 * day,
    nodes: 3,
    inPerMinute: 142,
    outPerMinute: 142,
    dead: 0,
    level: 'ok',
    state: 'running',
    sentence: 'Keeping up, 2 s behind',
  },
  {
    id: 'cold-chain',
    name: 'Cold chain sensors',
    by: 'Sena Kaya',
    version: 12,
    deployed: 5 * day,
    edited: 5 * day,
    changed: true,
    nodes: 8,
    inPerMinute: 11_800,
    outPerMinute: 1970,
    dead: 0,
    level: 'ok',
    state: 'running',
    sentence: 'Keeping up, less than 1 s behind',
  },
  {
    id: 'newsletter',
    name: 'Newsletter consent',
    by: 'Mara Bell',
    version: 3,
    deployed: 47 * day,
    edited: 47 * day,
    nodes: 4,
    inPerMinute: 36,
    outPerMinute: 72,
    dead: 0,
    level: 'ok',
    state: 'running',
    sentence: 'Keeping up, 1 s behind',
  },
  {
    id: 'supplier-catalogue',
    name: 'Supplier catalogue',
    by: 'Pia Ortiz',
    version: 7,
    deployed: 21 * day,
    edited: 21 * day,
    nodes: 3,
    inPerMinute: 0,
    outPerMinute: 0,
    dead: 0,
    level: 'off',
    state: 'stopped',
    sentence: 'Stopped; messages wait in their topics',
  },
  {
    id: 'returns-portal',
    name: 'Returns portal',
    by: 'Sena Kaya',
    edited: 22 * hour,
    nodes: 3,
    inPerMinute: 0,
    outPerMinute: 0,
    dead: 0,
    level: 'off',
    state: 'stopped',
    sentence: 'Draft, never deployed',
  },
];

const totals = (count: number, out: Record<string, number>, extra: Partial<NodeTotals> = {}): NodeTotals => ({
  in: count,
  out,
  filtered: {},
  dead: {},
  ...extra,
});

/** The status of a flow `elapsed` ms after the fixture began; totals grow with it. */
export function statusOf(plot: Plot, elapsed: number): FlowStatus {
  const minutes = elapsed / 60_000 + 600;
  const wave = 1 + 0.15 * Math.sin(elapsed / 17_000 + plot.id.length);
  const grown = (perMinute: number): number => Math.round(perMinute * (minutes + (wave - 1) * 0.6));
  const count = plot.version === undefined ? 0 : grown(plot.inPerMinute);
  const delivered = plot.version === undefined ? 0 : grown(plot.outPerMinute);
  const now = Date.now();
  return {
    flow: plot.id,
    ...(plot.version !== undefined && { version: plot.version }),
    state: plot.state,
    health: { level: plot.level, sentence: plot.sentence },
    restarts: 0,
    ...(plot.deployed !== undefined && { deployedAt: new Date(now - plot.deployed).toISOString() }),
    stages: plot.id === 'web-shop-orders' ? shopStages(now) : [],
    nodes: plot.id === 'web-shop-orders' ? shopTotals(count, now) : {},
    balance: {
      in: count,
      delivered,
      filtered: 0,
      dead: plot.dead,
      copies: Math.max(0, delivered + plot.dead - count),
      inFlight: 4,
      difference: 0,
    },
    at: now,
  };
}

function shopStages(now: number): StageStatus[] {
  const deliver = (node: string): StageStatus => ({ stage: node, kind: 'deliver', node, state: 'running', lag: 0, behindMs: 400 });
  return [
    { stage: 'orders', kind: 'ingest', node: 'orders', state: 'running' },
    { stage: 'transform', kind: 'transform', state: 'running', lag: 2, behindMs: 120 },
    deliver('crm'),
    deliver('marketing'),
    {
      stage: 'erp',
      kind: 'deliver',
      node: 'erp',
      state: 'retrying',
      lag: 4,
      behindMs: 120_000,
      reason: 'The ERP answered 503 Service Unavailable',
      since: now - 120_000,
    },
    deliver('warehouse'),
  ];
}

function shopTotals(count: number, now: number): Record<string, NodeTotals> {
  const good = count - 12;
  const crm = Math.round(good * 0.33);
  const opted = Math.round(good * 0.56);
  const ship = Math.round(good * 0.97);
  const lastAt = now - 400;
  return {
    orders: totals(count, { out: count }, { lastAt }),
    complete: totals(count, { out: good }, { dead: { 'value/schema': 12 }, lastAt }),
    lanes: totals(good, { new: crm, opted, ships: ship, other: good }, { lastAt }),
    'to-crm': totals(crm, { out: crm }, { lastAt }),
    'to-marketing': totals(opted, { out: opted }, { lastAt }),
    'to-erp': totals(ship, { out: ship }, { lastAt }),
    'to-row': totals(good, { out: good }, { lastAt }),
    crm: totals(crm, {}, { delivered: crm, lastAt }),
    marketing: totals(opted, {}, { delivered: opted, lastAt }),
    erp: totals(ship, {}, { delivered: ship - 4, lastAt }),
    warehouse: totals(good, {}, { delivered: good, lastAt }),
  };
}

const mapping = `{
  "orderNo": $string(id),
  "customer": {
    "name": cust.first & " " & cust.last,
    "tier": cust.spend > 1000 ? "gold" : "std"
  },
  "lines": [items[qty > 0].{
    "sku": sku,
    "amount": price * qty
  }],
  "total": $sum(items.(price * qty))
}`;

const node = (id: string, type: string, label: string, config: Record<string, unknown>) => ({ id, type, label, config });
const edge = (from: string, port: string, to: string) => ({
  id: `${from}-${port}-${to}`,
  from: { node: from, port },
  to: { node: to, port: 'in' },
});

/** The demo flow as a document. */
export const shop: Flow = flowSchema.parse({
  format: 1,
  id: 'web-shop-orders',
  name: 'Web shop orders',
  nodes: [
    node('orders', 'webhook', 'Shop order webhook', { path: 'orders' }),
    node('complete', 'validate', 'Order is complete', { schema: { type: 'object', required: ['id', 'items'] } }),
    node('lanes', 'switch', 'Lanes by country', {
      cases: [
        { id: 'new', label: 'New customer', when: 'cust.new' },
        { id: 'opted', label: 'Opted in', when: 'cust.newsletter' },
        { id: 'ships', label: 'Ships to DE, AT, CH', when: 'country in ["DE","AT","CH"]' },
      ],
      mode: 'all',
    }),
    node('to-crm', 'map', 'Customer to CRM', { expression: '{ "email": cust.email }' }),
    node('to-marketing', 'map', 'Contact to marketing', { expression: '{ "email": cust.email }' }),
    node('to-erp', 'map', 'Order to ERP order', { expression: mapping }),
    node('to-row', 'map', 'Order to table row', { expression: '{ "id": id, "total": total }' }),
    node('crm', 'http', 'CRM', { url: '"http://crm.example/customers"' }),
    node('marketing', 'http', 'Marketing', { url: '"http://marketing.example/contacts"' }),
    node('erp', 'http', 'ERP', { url: '"http://erp.example/orders"' }),
    node('warehouse', 'postgres', 'Warehouse', { table: 'orders', keys: ['id'] }),
  ],
  edges: [
    edge('orders', 'out', 'complete'),
    edge('complete', 'out', 'lanes'),
    edge('lanes', 'new', 'to-crm'),
    edge('lanes', 'opted', 'to-marketing'),
    edge('lanes', 'ships', 'to-erp'),
    edge('lanes', 'other', 'to-row'),
    edge('to-crm', 'out', 'crm'),
    edge('to-marketing', 'out', 'marketing'),
    edge('to-erp', 'out', 'erp'),
    edge('to-row', 'out', 'warehouse'),
  ],
  layout: {
    positions: {
      orders: { x: 0, y: 200 },
      complete: { x: 300, y: 200 },
      lanes: { x: 600, y: 160 },
      'to-crm': { x: 900, y: 0 },
      'to-marketing': { x: 900, y: 130 },
      'to-erp': { x: 900, y: 260 },
      'to-row': { x: 900, y: 390 },
      crm: { x: 1200, y: 0 },
      marketing: { x: 1200, y: 130 },
      erp: { x: 1200, y: 260 },
      warehouse: { x: 1200, y: 390 },
    },
  },
});

export function documentOf(plot: Plot): Flow {
  return plot.id === shop.id ? shop : flowSchema.parse({ format: 1, id: plot.id, name: plot.name });
}

export function recordOf(plot: Plot, flow: Flow, revision: number): FlowRecord {
  const versions = plot.version === undefined ? {} : { latestVersion: plot.version, deployedVersion: plot.version };
  return {
    flow,
    revision,
    updatedAt: new Date(Date.now() - plot.edited).toISOString(),
    updatedBy: plot.by,
    ...versions,
    changed: plot.changed === true,
  };
}

export function summaryOf(plot: Plot, elapsed: number): FlowSummary {
  return {
    id: plot.id,
    name: plot.name,
    revision: 3,
    updatedAt: new Date(Date.now() - plot.edited).toISOString(),
    updatedBy: plot.by,
    nodes: plot.nodes,
    ...(plot.version !== undefined && { deployedVersion: plot.version }),
    changed: plot.changed === true,
    status: statusOf(plot, elapsed),
  };
}
