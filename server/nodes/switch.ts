import { defineNode, z } from '../sdk.ts';
import { compileNodeExpression, holds } from './expression.ts';

const reserved = ['other', 'error'];

/** Sends each message to the lane of the first case that holds, or of every case that does; the rest goes to `other`. */
export default defineNode({
  type: 'switch',
  version: 1,
  kind: 'transform',
  title: 'Switch',
  summary: 'Sends each message to one of several lanes.',
  category: 'Transform',
  look: 'route',
  icon: 'switch',
  keywords: ['route', 'router', 'choice', 'branch', 'case', 'if', 'else', 'condition'],
  docs: `Cases are tried from top to bottom. Each has an output of its own; messages that meet no case leave by **Everything else**.

With *first match* a message takes one lane. With *all matches* it takes the lane of every case that holds, as copies.
Connect **Everything else**, so that no message ends without your knowing.`,
  config: z.object({
    cases: z
      .array(
        z.object({
          id: z
            .string()
            .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
            .meta({ label: 'Id', help: 'Names the output in edges; it stays when the name changes.', placeholder: 'case-1' }),
          name: z
            .string()
            .min(1)
            .max(60)
            .meta({ label: 'Name', help: 'Shown at the output.', examples: ['Express'] }),
          when: z
            .string()
            .min(1)
            .meta({ label: 'Condition', help: 'The case holds when this does.', widget: 'jsonata', examples: ['shipping = "express"'] }),
        }),
      )
      .min(1)
      .max(50)
      .meta({ label: 'Cases', help: 'Tried from top to bottom.', widget: 'cases', group: 'Basics' }),
    mode: z
      .enum(['first', 'all'])
      .default('first')
      .meta({
        label: 'A message that meets several cases',
        group: 'Basics',
        enumLabels: { first: 'takes the first lane', all: 'takes every lane that matches' },
      }),
  }),
  ports: { perItem: 'cases', id: 'id', label: 'name', plus: [{ id: 'other', label: 'Everything else', wanted: true }] },
  check(config) {
    const problems: { field: string; message: string }[] = [];
    const seen = new Set<string>();
    config.cases.forEach(({ id, name }, at) => {
      const field = `cases.${at}.id`;
      if (reserved.includes(id))
        problems.push({ field, message: `The case “${name}” has the id ${id}, which another output has. Choose another id.` });
      else if (seen.has(id)) problems.push({ field, message: `Two cases have the id ${id}. Give “${name}” another one.` });
      seen.add(id);
    });
    return problems;
  },
  create(config, context) {
    const cases = config.cases.map(({ id, when }) => ({ id, condition: compileNodeExpression(when, context, 'switch') }));
    const all = config.mode === 'all';
    return {
      text: { scans: cases.reduce((sum, { condition }) => sum + condition.scans, 0), emits: 'same' },
      process(message, emit) {
        let matched = false;
        for (const { id, condition } of cases) {
          if (!holds(condition(message))) continue;
          emit(message, id);
          matched = true;
          if (!all) break;
        }
        if (!matched) emit(message, 'other');
      },
    };
  },
});
