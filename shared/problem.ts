/** Something wrong with a flow, a request or a setting, as data that a person can act on. */
export interface Problem {
  /** Lower case with slashes, stable, for scripts: `field/missing`, `edge/cycle`, … */
  code: string;
  severity: 'error' | 'warning';
  /** One plain sentence: what is wrong, where, and what to do next. */
  message: string;
  node?: string;
  edge?: string;
  /** Path inside the node's config (`cases.0.when`) or inside the flow (`settings.partitions`). */
  field?: string;
  /** Offset in characters into the field's text, for expressions that do not parse. */
  position?: number;
}

/** True when nothing in the list stops a deploy. */
export function isDeployable(problems: readonly Problem[]): boolean {
  return problems.every((problem) => problem.severity !== 'error');
}
