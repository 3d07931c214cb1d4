import { mkdtemp, rm } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import path from 'node:path'
import { createAdminDoors, type AdminDoors } from '../../src/admin/index.ts'
import { silentLog } from '../../src/base/index.ts'
import type { DoorRules, DoorVisitor } from '../../src/access/index.ts'
import { parseNodeAddress, type NodeAddress } from '../../src/codec/index.ts'
import { generateIdentity, openKeys, systemRandom, type Identity } from '../../src/keys/index.ts'
import type { CallContext, Dispatch } from '../../src/operations/index.ts'

/** An authorized key's facts as settings would give them. */
export function listed(identity: Identity, options: Partial<DoorRules['authorizedKeys'][number]> = {}) {
  return { key: identity.axKey, peer: identity.peer, role: 'admin' as const, ...options }
}

/** Containers often have no IPv6. */
export const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

export const openRules: DoorRules = {
  authorizedKeys: [],
  authorizedKeysDamaged: null,
  requireAuthentication: false,
  allowRemoteUnauthenticated: false,
}

/** What reached the handlers. */
export interface Handled {
  readonly name: string
  readonly input: unknown
  readonly context: CallContext
}

/** Real doors on free loopback ports, with handlers that note what they were asked. */
export interface AdminNode {
  readonly doors: AdminDoors
  readonly identity: Identity
  readonly handled: Handled[]
  readonly refused: DoorVisitor[]
  readonly tcp: NodeAddress
  readonly unix: NodeAddress
  readonly socketPath: string
  /** `127.0.0.1:PORT` of HTTP. */
  readonly http: string
  rules: DoorRules
  nowMs: number
  answer: (name: string, input: unknown, context: CallContext) => unknown
  items: (context: CallContext) => AsyncIterable<unknown>
  stop(): Promise<void>
}

export async function startAdminNode(rules: Partial<DoorRules> = {}): Promise<AdminNode> {
  const directory = await mkdtemp(path.join(tmpdir(), 'hyrax-admin-'))
  const socketPath = path.join(directory, 'run', 'axd.sock')
  const identity = generateIdentity(systemRandom)
  const handled: Handled[] = []
  const refused: DoorVisitor[] = []
  const note = (name: string, input: unknown, context: CallContext): void => void handled.push({ name, input, context })
  const dispatch: Dispatch = {
    async call(name, input, context) {
      note(name, input, context)
      return node.answer(name, input, context)
    },
    stream(name, input, context) {
      note(name, input, context)
      return node.items(context)
    },
  }
  const parts = {
    identity,
    keys: await openKeys(),
    random: systemRandom,
    log: silentLog,
    clock: { now: () => node.nowMs },
    agent: 'hyrax/0.0.0',
    rules: () => node.rules,
    dispatch,
    onRefused: (visitor: DoorVisitor) => void refused.push(visitor),
  }
  const node = {
    identity,
    handled,
    refused,
    socketPath,
    rules: { ...openRules, ...rules },
    nowMs: Date.now(),
    answer: (name: string): unknown => ({ name }),
    items: () => itemsOf([]),
  } as unknown as AdminNode
  const doors = await createAdminDoors(parts, {
    listen: ['/ip4/127.0.0.1/tcp/0', ...(hasIpv6 ? ['/ip6/::1/tcp/0'] : [])],
    socketPath,
    http: [{ host: '127.0.0.1', port: 0 }],
  })
  await doors.start()
  const tcp = doors.addresses().admin.find((address) => address.startsWith('/ip4/')) ?? ''
  return Object.assign(node, {
    doors,
    tcp: parseNodeAddress(tcp),
    unix: parseNodeAddress(`/unix/${encodeURIComponent(socketPath)}`),
    http: (doors.addresses().http[0] ?? '').replace('http://', ''),
    async stop() {
      await doors.stop()
      await rm(directory, { recursive: true, force: true })
    },
  })
}

/** These items, one after the other. */
export async function* itemsOf(items: readonly unknown[]): AsyncIterable<unknown> {
  for (const item of items) yield item
}
