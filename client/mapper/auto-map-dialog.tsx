/** Proposals for the target's fields, to be looked at before anything is applied. */
export function AutoMapReview() {
  return null;
}
