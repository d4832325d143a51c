import { useMapperState } from './context.ts';

/** The whole mapping as code, in step with the rows. */
export function CodePane() {
  const text = useMapperState((state) => state.text);
  return <pre>{text}</pre>;
}
