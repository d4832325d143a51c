import type { AlertCondition } from '#shared/alert.ts';
import { nodeName } from '#shared/node-name.ts';
import { api } from '../api.ts';
import { useLoad } from '../load.ts';
import { SelectField, TextField } from '../ui/field.tsx';

type Condition = Extract<AlertCondition, { kind: 'field-empty' }>;

async function placesOf(flow: string): Promise<{ id: string; name: string }[]> {
  const [{ flow: document }, { types }] = await Promise.all([api.flow(flow), api.nodeTypes()]);
  const known = new Map(types.map((type) => [type.type, type]));
  return document.nodes
    .filter(({ type }) => ['source', 'sink'].includes(known.get(type)?.kind ?? ''))
    .map((node) => ({ id: node.id, name: nodeName(node, known) }));
}

/** Where the field is, and what it is called. Of what goes from node to node nothing is kept, so only sources and sinks can be watched. */
export function EmptyFieldFields({
  condition,
  flow,
  onChange,
}: {
  condition: Condition;
  flow: string | undefined;
  onChange: (condition: Condition) => void;
}) {
  const places = useLoad(() => (flow === undefined ? Promise.resolve([]) : placesOf(flow)), `places ${flow ?? ''}`);
  const isKnown = places.data?.some(({ id }) => id === condition.node) ?? false;
  return (
    <>
      <SelectField
        label="Source or sink"
        required
        value={isKnown ? condition.node : ''}
        disabled={flow === undefined || places.data === undefined}
        help={flow === undefined ? 'Choose the flow first.' : places.error === undefined ? undefined : 'The flow could not be loaded.'}
        onChange={(event) => onChange({ ...condition, node: event.target.value })}
      >
        <option value="">Choose one</option>
        {places.data?.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <TextField
        label="Field"
        required
        placeholder="customer.email"
        help="Path in the message. In a list it is enough that one of its things has it."
        value={condition.path}
        onChange={(event) => onChange({ ...condition, path: event.target.value })}
      />
    </>
  );
}
