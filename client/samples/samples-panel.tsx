import { Boxes, EyeOff, FlaskConical, X } from 'lucide-react';
import { useState } from 'react';
import { sampleLimits } from '#shared/sample.ts';
import { useEditorState } from '../editor/context.ts';
import { bytes, plural } from '../format.ts';
import { Button, IconButton } from '../ui/button.tsx';
import frame from '../ui/drawer-panel.module.css';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { EdgeCaseDialog } from './edge-case-dialog.tsx';
import { MasksDialog } from './masks-dialog.tsx';
import { SampleDetail } from './sample-detail.tsx';
import { SampleList } from './sample-list.tsx';
import styles from './samples-panel.module.css';
import { TakeNow } from './take-now.tsx';
import { useWorkspace } from './workspace.ts';

/**
 * The samples of a flow: what is there, each whole with all its digits, and the ways to take more. It stands inside the
 * flow editor, in its drawer or over the mapper.
 */
export function SamplesPanel({ flow, onClose }: { flow: string; onClose: () => void }) {
  const { workspace, state, error, samples } = useWorkspace(flow);
  const readOnly = useEditorState((all) => all.readOnly);
  const [chosen, setChosen] = useState<string>();
  const [open, setOpen] = useState<'masks' | 'edge-cases'>();
  const shown = samples.find(({ id }) => id === chosen) ?? samples[0];
  const size = samples.reduce((sum, sample) => sum + sample.size, 0);
  return (
    <section className={`${frame.panel} ${styles.panel}`} aria-label="Samples">
      <header className={frame.head}>
        <h2 className={`${frame.title} ${styles.title}`}>Samples</h2>
        <span
          className={`${frame.facts} ${styles.facts}`}
          title={`At most ${sampleLimits.count} samples and ${bytes(sampleLimits.flowBytes)} for one flow`}
        >
          {samples.length > 0
            ? `${plural(samples.length, 'sample')}, ${bytes(size)}; they never become part of the flow`
            : 'copies of real messages; they never become part of the flow'}
        </span>
        {samples.length > 0 && <TakeNow flow={flow} size="small" bare />}
        {shown && (
          <Button
            size="small"
            icon={<Boxes size={14} />}
            disabled={readOnly !== undefined}
            title={readOnly ?? 'Messages made of this one, each with one thing changed'}
            onClick={() => setOpen('edge-cases')}
          >
            Edge cases…
          </Button>
        )}
        <Button
          size="small"
          icon={<EyeOff size={14} />}
          onClick={() => setOpen('masks')}
          title="Which fields are masked before a sample is stored"
        >
          Masks…
        </Button>
        <IconButton label="Close the samples" size="small" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      {state === 'failed' && samples.length === 0 ? (
        <ErrorState what="The samples could not be read" error={error} onRetry={() => void workspace.load()} />
      ) : state === 'loading' && samples.length === 0 ? (
        <SkeletonRows rows={4} height={44} label="Reading the samples" />
      ) : samples.length === 0 ? (
        <EmptyState icon={<FlaskConical size={24} />} title="No samples yet" actions={<TakeNow flow={flow} />}>
          Map and try against real messages. Taking them moves nothing in Kafka, and secrets are masked before they are stored.
        </EmptyState>
      ) : (
        <div className={`${frame.split} ${styles.split}`}>
          <SampleList workspace={workspace} samples={samples} chosen={shown?.id} onChoose={setChosen} />
          {shown && <SampleDetail key={shown.id} flow={flow} sample={shown} samples={samples} />}
        </div>
      )}
      {open === 'masks' && <MasksDialog flow={flow} sample={shown} onClose={() => setOpen(undefined)} />}
      {open === 'edge-cases' && shown && <EdgeCaseDialog flow={flow} sample={shown} onClose={() => setOpen(undefined)} />}
    </section>
  );
}
