/** What was taken off a list, and is gone for good only when this ends. Whichever is called first counts, the rest does nothing. */
export interface Removal {
  /** Puts it back on the list. */
  undo(): void;
  /** Deletes it. Never throws: what the server refuses is back on the list, and told. */
  finish(): void;
}

/**
 * Takes `id` off a list at once. `leaving` holds what waits to be deleted and is not shown; `show` draws the list anew.
 * `destroy` deletes for good, after which `forget` drops it from what is held.
 */
export function startRemoval({
  id,
  leaving,
  show,
  destroy,
  forget,
  onError,
}: {
  id: string;
  leaving: Set<string>;
  show: () => void;
  destroy: () => Promise<unknown>;
  forget: () => void;
  onError: (error: unknown) => void;
}): Removal {
  leaving.add(id);
  show();
  let over = false;
  const once = (then: () => void) => () => {
    if (over) return;
    over = true;
    then();
  };
  const back = () => {
    leaving.delete(id);
    show();
  };
  return {
    undo: once(back),
    finish: once(() => {
      destroy().then(
        () => {
          forget();
          leaving.delete(id);
        },
        (error: unknown) => {
          back();
          onError(error);
        },
      );
    }),
  };
}
