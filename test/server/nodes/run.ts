import type { Message, NodeContext, TransformType } from '#server/sdk.ts';

/** What a transform did with the messages it got. */
export interface Ran {
  emitted: { port: string; message: Message }[];
  dropped: string[];
}

export const context: NodeContext = {
  flow: 'shop',
  version: 1,
  node: 'it',
  label: 'It',
  secret: (name) => {
    throw new Error(`There is no secret ${name}.`);
  },
  filesFolder: '',
  bindings: {},
  allowPrivate: [],
  call: (_call, perform) => perform(),
  log: { info: () => undefined, warn: () => undefined, error: () => undefined },
};

export function message(value: unknown, more: Partial<Message> = {}): Message {
  return { key: 'k', value, headers: {}, timestamp: 1_700_000_000_000, origin: { topic: 'orders', partition: 3, offset: '4711' }, ...more };
}

/** Creates the transform with a config as it would be written (defaults are filled in) and runs it over messages. */
export async function transform(
  type: unknown,
  config: unknown,
  bindings: Record<string, unknown> = {},
): Promise<(...messages: Message[]) => Ran> {
  const node = type as TransformType;
  const instance = await node.create(node.config.parse(config), { ...context, bindings });
  return (...messages) => {
    const ran: Ran = { emitted: [], dropped: [] };
    for (const one of messages) {
      const answer = instance.process(
        one,
        (out, port = 'out') => ran.emitted.push({ port, message: out }),
        (reason) => ran.dropped.push(reason),
      );
      if (answer !== undefined) throw new Error('These transforms are synchronous.');
    }
    return ran;
  };
}
