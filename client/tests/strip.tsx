import { useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { useEditor, useEditorState, useFlow } from '../editor/context.ts';
import { StatusIcon } from '../ui/status.tsx';
import styles from './strip.module.css';
import { benchOf, useBench } from './test-bench.ts';
import { useTestStates } from './tests-panel.tsx';

/** How the tests stand on the draft that is on screen, in a few words: "11 of 12 pass". */
export function TestsInStrip() {
  const flow = useFlow();
  const stored = useEditorState((state) => state.record.flow);
  const { bench, state, tests, running } = useBench(flow.id, stored);
  useLinkedTest();
  const states = [...useTestStates(bench, flow).values()];
  const passed = states.filter((one) => one === 'passed').length;
  const failed = states.filter((one) => one === 'failed').length;
  const words =
    state === 'loading' && tests.length === 0
      ? 'loading'
      : state === 'failed' && tests.length === 0
        ? 'could not be read'
        : tests.length === 0
          ? 'none yet'
          : running
            ? `running, ${running.done} of ${running.all}`
            : failed > 0
              ? `${failed} of ${tests.length} ${failed === 1 ? 'fails' : 'fail'}`
              : passed === tests.length
                ? passed === 1
                  ? '1 passes'
                  : `all ${passed} pass`
                : `${tests.length - passed} of ${tests.length} not run on this draft`;
  return (
    <span className={styles.words}>
      {!running && failed > 0 && <StatusIcon level="error" size={14} />}
      {!running && tests.length > 0 && passed === tests.length && <StatusIcon level="ok" size={14} />}
      <span>{words}</span>
    </span>
  );
}

/** Opens the test that the address names (`?test=…`), as the deploy page links it. */
function useLinkedTest(): void {
  const editor = useEditor();
  const [search] = useSearchParams();
  const test = search.get('test');
  useEffect(() => {
    if (test === null) return;
    benchOf(editor.flow().id).choose(test);
    editor.set({ drawer: { kind: 'tests' } });
  }, [editor, test]);
}
