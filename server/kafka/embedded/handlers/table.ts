import type { Handler } from '../core.ts';
import type { ApiName } from '../protocol/apis.ts';
import { apiVersions, describeCluster, findCoordinator, metadata } from './cluster.ts';
import { alterConfigs, describeConfigs, incrementalAlter } from './configs.ts';
import { fetch } from './fetch.ts';
import {
  deleteGroups,
  describeGroups,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  syncGroup,
} from './groups.ts';
import { deleteRecords, leaderEpoch, listOffsets } from './log-offsets.ts';
import { produce } from './produce.ts';
import { createPartitions, createTopics, deleteTopics } from './topics.ts';
import { addOffsets, addPartitions, endTransaction, initProducerId, transactionOffsets } from './transactions.ts';

/** Who answers what. */
export const handlers: { [N in ApiName]: Handler<N> } = {
  produce,
  fetch,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  findCoordinator,
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  describeGroups,
  listGroups,
  apiVersions,
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  leaderEpoch,
  addPartitions,
  addOffsets,
  endTransaction,
  transactionOffsets,
  describeConfigs,
  alterConfigs,
  createPartitions,
  deleteGroups,
  incrementalAlter,
  offsetDelete,
  describeCluster,
};
