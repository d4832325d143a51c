import { useMemo } from 'react';
import { useEditorState, useFlow } from '../editor/context.ts';
import { type TopicName, topicNames } from './describe.ts';

/** What people call the topics of the flow that is edited. */
export function useTopicNames(): TopicName {
  const flow = useFlow();
  const types = useEditorState((state) => state.types);
  return useMemo(() => topicNames(flow, types), [flow, types]);
}
