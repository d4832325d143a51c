/** The kind of what is dragged from the source tree: the field's path as JSON. Its plain text is the field's code. */
export const draggedField = 'application/x-millrace-field';

/** The path that a drag brought; nothing where it brought something else. */
export function droppedField(data: DataTransfer): readonly string[] | undefined {
  const text = data.getData(draggedField);
  return text === '' ? undefined : (JSON.parse(text) as string[]);
}
