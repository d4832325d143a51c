import { useEffect, useMemo } from 'react';
import { problemsOf } from '#shared/mapping/checks.ts';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { unknownShape } from '#shared/shape/shape.ts';
import { api } from '../api.ts';
import { useEditorState, useFlow } from '../editor/context.ts';
import { plural } from '../format.ts';
import { useWorkspace } from '../samples/workspace.ts';
import { useMay, useMe } from '../session.ts';
import { describeError } from '../ui/states.tsx';
import { useMapper, useMapperState } from './context.ts';
import type { Mapper } from './mapper-store.ts';
import { samplesAt } from './node-samples.ts';
import { askHere, startPreview } from './preview-client.ts';
import { loadTarget } from './target-side.ts';
import { upstreamOf } from './upstream.ts';

/** How long the hands must rest before the nodes before the mapping are run again, in ms. */
const restMs = 400;

/** Fills the mapper's state with what is known of both sides, the samples, the preview and the problems, while it is on screen. */
export function useMapperData(): void {
  const mapper = useMapper();
  useSamples(mapper);
  useSource(mapper);
  useTarget(mapper);
  usePreview(mapper);
  useProblems(mapper);
}

function useSamples(mapper: Mapper): void {
  const flow = useFlow();
  const types = useEditorState((state) => state.types);
  const may = useMay('analyst');
  const { state, error, round } = useWorkspace(flow.id);
  const upstream = useMemo(() => upstreamOf(flow, mapper.node, types), [flow, mapper.node, types]);
  const failure = state === 'failed' ? describeError(error).message : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the marks stand for what the samples are made of.
  useEffect(() => {
    if (failure !== undefined) {
      mapper.set({ samplesState: 'failed', samplesReason: failure });
      return;
    }
    if (state !== 'ready') return;
    const over = new AbortController();
    const load = async (): Promise<void> => {
      try {
        const saved = await api.savedSamples(flow.id, { values: true });
        if (over.signal.aborted) return;
        const { samples, reason } = await samplesAt(mapper.editor.flow(), mapper.node, types, saved, may, over.signal);
        if (over.signal.aborted) return;
        const current = Math.min(mapper.getState().current, Math.max(0, samples.length - 1));
        mapper.set({ samples, samplesState: 'ready', samplesReason: reason, current });
      } catch (cause) {
        if (!over.signal.aborted) mapper.set({ samplesState: 'failed', samplesReason: describeError(cause).message });
      }
    };
    const timer = setTimeout(load, mapper.getState().samplesState === 'loading' ? 0 : restMs);
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [mapper, flow.id, state, failure, round, upstream.mark, may]);
}

function useSource(mapper: Mapper): void {
  const samples = useMapperState((state) => state.samples);
  const samplesState = useMapperState((state) => state.samplesState);
  useEffect(() => {
    if (samplesState === 'loading') return;
    const shape = samples.length === 0 ? unknownShape : shapeOfSamples(samples.map(({ value }) => value)).shape;
    mapper.set({ source: { state: 'ready', shape, from: samples.length === 0 ? '' : `seen in ${plural(samples.length, 'sample')}` } });
  }, [mapper, samples, samplesState]);
}

function useTarget(mapper: Mapper): void {
  const may = useMay('analyst');
  useEffect(() => {
    void loadTarget(mapper, may);
  }, [mapper, may]);
}

function usePreview(mapper: Mapper): void {
  const { demo } = useMe();
  useEffect(() => {
    const names = demo ? { sandbox: `${location.origin}/sandbox` } : {};
    const preview = startPreview(mapper, () => names);
    const release = askHere(preview);
    return () => {
      release();
      preview.close();
    };
  }, [mapper, demo]);
}

function useProblems(mapper: Mapper): void {
  const view = useMapperState((state) => state.view);
  const source = useMapperState((state) => state.source);
  const target = useMapperState((state) => state.target);
  const counts = useMapperState((state) => state.preview.counts);
  useEffect(() => {
    if (!view.ok) return;
    const timer = setTimeout(() => {
      mapper.set({ problems: problemsOf(view, { source: source.shape, target: target.shape, counts }) });
    }, 60);
    return () => clearTimeout(timer);
  }, [mapper, view, source, target, counts]);
}
