import type { Extension } from '@codemirror/state';
import { Decoration, type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import { type Chip, chipsIn, isPlainPath } from '#shared/mapping/chip.ts';
import { allRules, chipsOf } from '#shared/mapping/rule.ts';
import { viewOf } from '#shared/mapping/view.ts';

const mark = Decoration.mark({ class: 'cm-field' });

/** Shows the fields in a line of formula as chips, as soon as it can be read. */
export const fieldMarks: Extension = ViewPlugin.define<{ marks: DecorationSet; update(update: ViewUpdate): void }>(
  (view) => ({
    marks: marksOf(view),
    update(update) {
      if (update.docChanged) this.marks = marksOf(update.view) ?? this.marks.map(update.changes);
    },
  }),
  { decorations: (plugin) => plugin.marks },
);

function marksOf({ state }: EditorView): DecorationSet {
  const read = viewOf(state.doc.toString());
  if (!read.ok) return Decoration.none;
  const found = new Map<number, Chip>();
  const walk = (chip: Chip): void => {
    if (isPlainPath(chip) && chip.end > chip.start) found.set(chip.start, chip);
    for (const inner of chipsIn(chip)) walk(inner);
  };
  for (const rule of allRules(read.root)) for (const chip of chipsOf(rule)) walk(chip);
  const chips = [...found.values()].sort((a, b) => a.start - b.start);
  return Decoration.set(chips.map(({ start, end }) => mark.range(start, end)));
}
