import { useMapper } from './context.ts';

/** Fills the mapper's state with what is known of both sides, the samples, the preview and the problems, while it is on screen. */
export function useMapperData(): void {
  useMapper();
}
