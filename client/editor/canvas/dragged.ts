/** The kind of data that a node type dragged from the palette carries. */
export const draggedType = 'application/x-millrace-node-type';
