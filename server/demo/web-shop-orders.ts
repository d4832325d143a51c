import { type Flow, flowSchema } from '#shared/flow.ts';
import { warehouseFile } from './sandbox.ts';

/** Width of a column of cards with the gap behind it, and height of a row of cards with their guarantee below. */
const column = 304;
const row = 136;

/** What a whole order looks like. A broken one fails here and becomes a dead letter with the reason. */
const orderSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  required: ['id', 'customer', 'items', 'total', 'currency'],
  properties: {
    id: { type: 'string', minLength: 1 },
    customer: {
      type: 'object',
      required: ['id', 'first', 'last', 'email', 'country'],
      properties: {
        id: { type: 'string' },
        email: { type: 'string', format: 'email' },
        country: { type: 'string', pattern: '^[A-Z]{2}$' },
      },
    },
    items: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['sku', 'qty', 'price'],
        properties: { sku: { type: 'string' }, qty: { type: 'integer', minimum: 1 }, price: { type: 'number', minimum: 0 } },
      },
    },
    total: { type: 'number', minimum: 0 },
    currency: { type: 'string', pattern: '^[A-Z]{3}$' },
  },
};

const customerToCrm = `{
  "id": customer.id,
  "name": customer.first & " " & customer.last,
  "email": $lowercase(customer.email),
  "country": customer.country,
  "newCustomer": customer.new,
  "lastOrder": { "id": id, "at": createdAt, "total": total, "currency": currency }
}`;

const contactToMarketing = `{
  "id": customer.id,
  "email": $lowercase(customer.email),
  "firstName": customer.first,
  "tags": items.sku[],
  "value": total > 200 ? "high" : total > 50 ? "medium" : "low"
}`;

const orderToErp = `{
  "orderNo": id,
  "externalNumber": number,
  "customerNo": customer.id,
  "currency": currency,
  "rate": rate,
  "lines": [items.{
    "sku": sku,
    "quantity": qty,
    "amount": $round(price * qty, 2)
  }],
  "total": total
}`;

const orderToRow = `{
  "id": id,
  "number": number,
  "customer_id": customer.id,
  "country": customer.country,
  "items": $sum(items.qty),
  "total": total,
  "currency": currency,
  "rate": rate,
  "ordered_at": createdAt
}`;

/**
 * The demo flow *Web shop orders*: orders of an imaginary shop, checked, then a customer in the CRM, a contact in the
 * marketing system, an order in the ERP and a row in the warehouse. The HTTP sinks call `$sandbox`, the base URL of the
 * sandbox applications (`http://…/sandbox`), which the server binds in demo mode.
 */
export function demoFlow(): Flow {
  const http = (app: string, collection: string, idField: string) => ({
    method: 'PUT',
    url: `$sandbox & "/${app}/${collection}/" & ${idField}`,
    idempotency: 'header',
  });
  const nodes = [
    { id: 'orders', type: 'orders.generator', label: 'Shop orders', config: { perMinute: 60, brokenOneIn: 20, seed: 1 }, at: [0, 1.5] },
    { id: 'complete', type: 'validate', label: 'Order is complete', config: { schema: orderSchema }, at: [1, 1.5] },
    {
      id: 'opted-in',
      type: 'filter',
      label: 'Opted in to news',
      config: { condition: 'customer.optIn', reason: 'did not opt in' },
      at: [2, 1],
    },
    { id: 'to-crm', type: 'map', label: 'Customer to CRM', config: { expression: customerToCrm, key: 'customer.id' }, at: [3, 0] },
    {
      id: 'to-marketing',
      type: 'map',
      label: 'Contact to marketing',
      config: { expression: contactToMarketing, key: 'customer.id' },
      at: [3, 1],
    },
    { id: 'to-erp', type: 'map', label: 'Order to ERP order', config: { expression: orderToErp, key: 'id' }, at: [3, 2] },
    { id: 'to-row', type: 'map', label: 'Order to table row', config: { expression: orderToRow, key: 'id' }, at: [3, 3] },
    { id: 'crm', type: 'http', label: 'CRM', config: http('crm', 'customers', 'id'), at: [4, 0] },
    { id: 'marketing', type: 'http', label: 'Marketing', config: http('marketing', 'contacts', 'id'), at: [4, 1] },
    { id: 'erp', type: 'http', label: 'ERP', config: http('erp', 'orders', 'orderNo'), at: [4, 2] },
    {
      id: 'warehouse',
      type: 'sqlite',
      label: 'Warehouse',
      config: { path: warehouseFile, table: 'orders', keys: ['id'], createTable: true },
      at: [4, 3],
    },
  ];
  const edges = [
    ['orders', 'complete'],
    ['complete', 'to-crm'],
    ['complete', 'opted-in'],
    ['opted-in', 'to-marketing'],
    ['complete', 'to-erp'],
    ['complete', 'to-row'],
    ['to-crm', 'crm'],
    ['to-marketing', 'marketing'],
    ['to-erp', 'erp'],
    ['to-row', 'warehouse'],
  ];
  return flowSchema.parse({
    format: 1,
    id: 'web-shop-orders',
    name: 'Web shop orders',
    nodes: nodes.map(({ at: _, ...node }) => ({ version: 1, ...node })),
    edges: edges.map(([from, to]) => ({ id: `${from}-${to}`, from: { node: from, port: 'out' }, to: { node: to, port: 'in' } })),
    layout: {
      positions: Object.fromEntries(nodes.map(({ id, at: [x = 0, y = 0] }) => [id, { x: x * column, y: y * row }])),
    },
  });
}
