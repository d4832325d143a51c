import { useRef } from 'react';

const forgetMs = 700;

/** Collects what is typed in a tree and looks for it; single letters that are keys of their own never come here. */
export function useTypeAhead(find: (text: string) => void): (event: KeyboardEvent) => boolean {
  const typed = useRef({ text: '', at: 0 });
  return (event) => {
    if (event.key.length !== 1 || event.key === ' ' || event.ctrlKey || event.metaKey || event.altKey) return false;
    const { text, at } = typed.current;
    const next = (event.timeStamp - at > forgetMs ? '' : text) + event.key.toLowerCase();
    typed.current = { text: next, at: event.timeStamp };
    find(next);
    return true;
  };
}
