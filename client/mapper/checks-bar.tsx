/** What is wrong with the mapping, in one line that opens to a list. */
export function ChecksBar() {
  return null;
}
