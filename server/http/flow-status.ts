import type { FlowStatus } from '#shared/events.ts';
import type { StoredDeployment } from '../store/deployments.ts';

/** The status of a flow that the runtime does not know: never deployed, stopped before the start, or not up yet. */
export function idleStatus(flow: string, deployment?: Pick<StoredDeployment, 'version' | 'desired' | 'deployedAt'>): FlowStatus {
  const wanted = deployment?.desired === 'running';
  const sentence = wanted
    ? `Version ${deployment.version} is deployed and has not started on this server yet.`
    : deployment
      ? `Stopped. Version ${deployment.version} was the last to run.`
      : 'Not deployed yet.';
  return {
    flow,
    ...(deployment && { version: deployment.version, deployedAt: deployment.deployedAt }),
    state: 'stopped',
    health: { level: wanted ? 'warning' : 'off', sentence },
    restarts: 0,
    stages: [],
    nodes: {},
    balance: { in: 0, delivered: 0, filtered: 0, dead: 0, copies: 0, inFlight: 0, difference: 0 },
    at: Date.now(),
  };
}
