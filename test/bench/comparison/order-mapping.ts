/** A mapping of some forty fields with a list; `total` is the rule of that field. */
export function orderMapping(total: string): string {
  const fields = Array.from({ length: 30 }, (_, at) => `  "out${at}": ${at % 3 === 0 ? `$uppercase(field${at})` : `field${at}`}`);
  return `{
  "orderNo": id,
${fields.join(',\n')},
  "country": country,
  "label": field0 & " / " & field1,
  "total": ${total},
  "lines": [items.{ "sku": sku, "qty": qty, "net": price * qty }],
  "pieces": $sum(items.qty)
}`;
}
