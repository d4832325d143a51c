/** Which sample the results are of. */
export function SampleSwitcher() {
  return null;
}
