import * as z from 'zod'
import { operation } from './operation.ts'
import { addressText, codeAndData, done, identityText, nothing, time } from './shapes.ts'

/** One connection of the swarm, or one that is being made. */
export const peerShape = () =>
  z.object({
    peer: z.string(),
    name: z.string(),
    agent: z.string(),
    /** `welcomed`: hello was answered. `connected`: a libp2p node that has not said hello. */
    state: z.string(),
    direction: z.enum(['inbound', 'outbound']),
    address: z.string(),
    addresses: z.array(z.string()),
    since: time(),
    latencyMs: z.number().nullable(),
    /** The gate's verdict on it now, and why. */
    verdict: z.enum(['admitted', 'refused']),
    because: z.string(),
    /** Device of a team it is bound to, if it is. */
    device: z.string().nullable(),
  })

/** A peer or address with which no connection came about lately. */
export const failureShape = () =>
  z.object({
    peer: z.string().nullable(),
    address: z.string().nullable(),
    direction: z.enum(['inbound', 'outbound']),
    at: time(),
    count: z.number(),
    error: codeAndData(),
    message: z.string(),
  })

export const listShape = () =>
  z.object({
    file: z.string(),
    state: z.enum(['read', 'missing', 'unreadable']),
    why: z.string().nullable(),
    peers: z.array(z.string()),
    entries: z.array(z.string()),
    skipped: z.array(z.object({ index: z.number(), text: z.string(), why: z.string() })),
    digest: z.string().nullable(),
  })

export const gateShape = () =>
  z.object({
    permissioned: z.boolean(),
    /** Set by `--permissioned` for this run, or by the setting. */
    by: z.enum(['flag', 'setting', 'none']),
    lists: z.object({ permissioned: listShape(), disallowed: listShape(), static: listShape() }),
    /** Peers whose hello showed other lists. */
    differing: z.array(z.object({ peer: z.string(), name: z.string(), list: z.string() })),
  })

const cut = () => z.object({ peers: z.array(z.string()), ms: z.number() })
const listChange = () =>
  z.object({ changed: z.array(z.string()), unchanged: z.array(z.string()), cut: cut(), notices: z.array(z.string()) })
const entries = () => z.strictObject({ entries: z.array(addressText()).min(1).max(10_000) })

export const nodesOperations = {
  'nodes.show': operation({
    summary: 'Everything about the node: peers with direction, since, verdict and reason, failures, gate.',
    right: 'admin:read',
    input: nothing,
    output: () =>
      z.object({
        peer: z.string(),
        key: z.string(),
        fingerprint: z.string(),
        name: z.string(),
        version: z.string(),
        runtime: z.string(),
        startedAt: time(),
        swarmKey: z.object({ fingerprint: z.string(), published: z.boolean() }),
        swarmAddresses: z.array(z.string()),
        adminAddresses: z.array(z.string()),
        peers: z.array(peerShape()),
        failures: z.array(failureShape()),
        gate: gateShape(),
        adminSessions: z.array(
          z.object({
            peer: z.string().nullable(),
            door: z.string(),
            source: z.string(),
            role: z.string(),
            since: time(),
          }),
        ),
        warnings: z.array(z.string()),
      }),
  }),
  'nodes.id': operation({
    summary: "The node's identity in its text forms.",
    right: 'admin:read',
    input: nothing,
    output: () => z.object({ peer: z.string(), key: z.string(), nkey: z.string(), fingerprint: z.string() }),
  }),
}

export const swarmsOperations = {
  'swarms.show': operation({
    summary: 'The swarm as this node sees it: key fingerprint, addresses, initial peers.',
    right: 'admin:read',
    input: nothing,
    output: () =>
      z.object({
        fingerprint: z.string(),
        published: z.boolean(),
        addresses: z.array(z.string()),
        bootstrapNodes: z.array(z.string()),
        peers: z.number(),
      }),
  }),
  'swarms.peers': operation({
    summary: 'Peers of the swarm, connected now.',
    right: 'admin:read',
    input: nothing,
    output: () => z.object({ peers: z.array(peerShape()) }),
  }),
  'swarms.connect': operation({
    summary: 'Connects to a peer by address.',
    right: 'admin:nodes',
    input: () => z.strictObject({ address: addressText() }),
    output: () => z.object({ peer: z.string(), name: z.string() }),
  }),
  'swarms.disconnect': operation({
    summary: 'Closes the connections with a peer. It may come back: to keep it out, use the lists.',
    right: 'admin:nodes',
    input: () => z.strictObject({ peer: identityText() }),
    output: () => z.object({ peer: z.string(), closed: z.number() }),
  }),
  'swarms.addresses': operation({
    summary: 'Addresses others can reach this node at.',
    right: 'admin:read',
    input: nothing,
    output: () => z.object({ addresses: z.array(z.string()) }),
  }),
  'swarms.ping': operation({
    summary: 'Round trip to a connected peer.',
    right: 'admin:read',
    input: () => z.strictObject({ peer: identityText() }),
    output: () => z.object({ peer: z.string(), ms: z.number() }),
  }),
  'swarms.export': operation({
    summary: 'The swarm key itself.',
    right: 'admin:keys',
    input: () => z.strictObject({ format: z.enum(['file', 'file-base64', 'base64']).default('file') }),
    output: () => z.object({ key: z.string(), fingerprint: z.string() }),
  }),
  'swarms.import': operation({
    summary: 'Replaces the swarm key; the node joins that swarm when it is started again.',
    right: 'admin:keys',
    input: () => z.strictObject({ key: z.string().min(1).max(1_024), force: z.boolean().default(false) }),
    output: () => z.object({ fingerprint: z.string(), restartNeeded: z.boolean() }),
  }),
}

export const permissionedOperations = {
  'permissioned.status': operation({
    summary: 'The gate: on or off, its lists, what was skipped, whose lists differ.',
    right: 'admin:read',
    input: nothing,
    output: gateShape,
  }),
  'permissioned.enable': operation({
    summary: 'Only listed peers may connect from now on; live connections are judged at once.',
    right: 'admin:nodes',
    input: nothing,
    output: () => z.object({ cut: cut(), notices: z.array(z.string()) }),
  }),
  'permissioned.disable': operation({
    summary: 'Every peer with the swarm key may connect, but for the disallowed.',
    right: 'admin:nodes',
    input: nothing,
    output: () => z.object({ notices: z.array(z.string()) }),
  }),
  'permissioned.check': operation({
    summary: 'What the gate would say of a peer, and why.',
    right: 'admin:read',
    input: () => z.strictObject({ peer: addressText() }),
    output: () => z.object({ peer: z.string(), inbound: z.string(), outbound: z.string(), because: z.string() }),
  }),
  'permissioned.add': operation({
    summary: 'Puts peers on permissioned-nodes.json.',
    right: 'admin:nodes',
    input: entries,
    output: listChange,
  }),
  'permissioned.remove': operation({
    summary: 'Takes peers off permissioned-nodes.json and cuts their connections.',
    right: 'admin:nodes',
    input: entries,
    output: listChange,
  }),
  'permissioned.ban': operation({
    summary: 'Puts peers on disallowed-nodes.json, which beats every list, and cuts their connections.',
    right: 'admin:nodes',
    input: entries,
    output: listChange,
  }),
  'permissioned.unban': operation({
    summary: 'Takes peers off disallowed-nodes.json.',
    right: 'admin:nodes',
    input: entries,
    output: listChange,
  }),
  'static.ls': operation({
    summary: 'Peers this node keeps connected.',
    right: 'admin:read',
    input: nothing,
    output: listShape,
  }),
  'static.add': operation({
    summary: 'Puts addresses on static-nodes.json; each needs a /p2p/ id.',
    right: 'admin:nodes',
    input: entries,
    output: listChange,
  }),
  'static.remove': operation({
    summary: 'Takes addresses off static-nodes.json.',
    right: 'admin:nodes',
    input: entries,
    output: listChange,
  }),
  'pending.ls': operation({
    summary: 'Keys and peers that were refused lately.',
    right: 'admin:read',
    input: nothing,
    output: () =>
      z.object({
        pending: z.array(
          z.object({
            id: z.string(),
            kind: z.enum(['key', 'peer']),
            text: z.string(),
            source: z.string(),
            count: z.number(),
            at: time(),
          }),
        ),
      }),
  }),
  'pending.accept': operation({
    summary: 'Admits one of them: a key to the admin door, a peer to the list.',
    right: 'admin:keys',
    input: () => z.strictObject({ id: z.string().min(1).max(128) }),
    output: () => z.object({ kind: z.string(), text: z.string() }),
  }),
  'pending.reject': operation({
    summary: 'Forgets one of them.',
    right: 'admin:nodes',
    input: () => z.strictObject({ id: z.string().min(1).max(128) }),
    output: done,
  }),
}
