import * as z from 'zod'
import { operation } from './operation.ts'
import { done, nothing, time } from './shapes.ts'

export const statusOperations = {
  'status.get': operation({
    summary: 'One screen about the node: identity, swarm, doors, gate, teams.',
    right: 'admin:read',
    input: nothing,
    output: () =>
      z.object({
        peer: z.string(),
        name: z.string(),
        version: z.string(),
        startedAt: time(),
        uptimeMs: z.number(),
        dataDirectory: z.string(),
        swarmKey: z.object({ fingerprint: z.string(), published: z.boolean() }),
        swarmAddresses: z.array(z.string()),
        adminAddresses: z.array(z.string()),
        socket: z.string(),
        apiAddresses: z.array(z.string()),
        requireAuthentication: z.boolean(),
        permissioned: z.boolean(),
        peers: z.object({ welcomed: z.number(), other: z.number() }),
        teams: z.number(),
        warnings: z.array(z.string()),
      }),
  }),
  'status.whoami': operation({
    summary: 'Which key the node sees, and what it may do.',
    right: 'admin:read',
    input: nothing,
    output: () =>
      z.object({
        peer: z.string().nullable(),
        key: z.string().nullable(),
        role: z.string(),
        rights: z.array(z.string()),
        door: z.string(),
        because: z.string(),
      }),
  }),
  describe: operation({
    summary: 'The table of operations with their JSON Schemas.',
    right: 'admin:read',
    input: nothing,
    output: () =>
      z.object({
        operations: z.array(
          z.object({
            name: z.string(),
            summary: z.string(),
            right: z.string(),
            streaming: z.boolean(),
            input: z.record(z.string(), z.unknown()),
            output: z.record(z.string(), z.unknown()),
          }),
        ),
      }),
  }),
  watch: operation({
    summary: 'What happens on the node, live: peers, teams, settings, refusals.',
    right: 'admin:read',
    streaming: true,
    input: () => z.strictObject({ topics: z.array(z.enum(['peers', 'team', 'settings', 'pending'])).optional() }),
    output: () =>
      z.object({ at: time(), topic: z.string(), event: z.string(), data: z.record(z.string(), z.unknown()) }),
  }),
  'nodes.shutdown': operation({
    summary: 'Stops the daemon after the answer.',
    right: 'admin:settings',
    input: nothing,
    output: done,
  }),
}
