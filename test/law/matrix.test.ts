import { beforeAll, describe, expect, it } from 'vitest'
import { toHex, type CborMap } from '../../src/codec/index.ts'
import {
  check,
  kinds,
  parseCommand,
  readAct,
  Replica,
  type Act,
  type Author,
  type Command,
  type KeyFacts,
  type TeamState,
} from '../../src/team/index.ts'
import { createSeededRandomness } from '../helpers/seeded-randomness.ts'
import { bodyOf } from './bodies.ts'
import { build, type Built } from './builder.ts'
import { beforeStaleness, clerkRole, codes, roles, tables, type RoleName } from './matrix-tables.ts'
import { readScenario, readStep } from './notation.ts'
import { bundleOf, bytesOf, deviceOf, firstRing, Sight, signingKey } from './sight.ts'

/** The devices whose invites are still open: who may not invite any more has none. */
const inviters: readonly RoleName[] = ['owner', 'manager', 'operator']

/**
 * How a device comes to its role: it left once, has two signing keys, label x, a network name, and made an invite while it
 * was an operator, or, where it still may, as what it is now.
 */
function career(name: string, role: RoleName): string[] {
  const invite = `${name} creates invite of-${name} for sync-role`
  return [
    `O adds ${name} as user`,
    `${name} leaves`,
    `O adds ${name} as operator`,
    `${name} adds key 2`,
    ...(inviters.includes(role) ? [] : [invite]),
    `O assigns label x to ${name}`,
    `O names ${name} ${name}.net`,
    ...(role === 'operator' ? [] : [`O makes ${name} ${role}`]),
    ...(inviters.includes(role) ? [invite] : []),
  ]
}

const setup = [
  `O creates role clerk ${String(clerkRole.rank)} with ${clerkRole.permissions.join(',')}`,
  'O creates label x',
  'O creates label y',
  ...roles.flatMap((role) => [...career(`${role}1`, role), ...career(`${role}2`, role)]),
  'O adds node n',
  'O creates invite open for user',
  'O rotates epoch e',
  'O rotates swarm key s under e',
  'O rotates swarm key t under e',
  'O trusts operator k',
  'owner1 adds key 3',
  'owner1 retires key 1 of owner1 as rotated',
]

let seen: readonly Built[]
let team: Uint8Array
const states = { open: {} as TeamState, closed: {} as TeamState }

beforeAll(() => {
  const built = build(readScenario(`T00  [ > ${setup.join(' > ')}]  O closes  =>  closed`))
  const all = built.commands.map(({ bytes }) => parseCommand(bytes) as Command)
  seen = built.commands.slice(0, -1)
  team = seen[0]?.id ?? team
  states.open = stateOf(all.slice(0, -1))
  states.closed = stateOf(all)
})

function stateOf(commands: readonly Command[]): TeamState {
  const { idBytes: device, signing } = deviceOf('reader')
  const [key] = signing
  if (key === undefined) throw new Error('no key')
  const parts = { team, device, signingKey: key.publicKey, sign: (bytes: Uint8Array) => bytes }
  return new Replica({ ...parts, random: createSeededRandomness(1) }, commands).state
}

/** What each kind says; `on` is the name of the other device, or of the author itself, `role` that device's. */
const said: Readonly<Record<string, (on: string, role: RoleName, isSelf: boolean) => string>> = {
  CloseTeam: () => 'closes',
  AddDevice: (on, role, isSelf) => `adds ${isSelf ? on : 'fresh'} as ${role}`,
  RemoveDevice: (on) => `removes ${on}`,
  ConfirmLeave: (on) => `confirms ${on}`,
  'AssignRole user': (on) => `makes ${on} user`,
  'AssignRole operator': (on) => `makes ${on} operator`,
  'AssignRole owner': (on) => `makes ${on} owner`,
  RevokeRole: (on) => `revokes the role of ${on}`,
  CreateRole: () => 'creates role fresh 300 with label.assign',
  DeleteRole: (_, role) => `deletes role ${role}`,
  AddPermission: (_, role) => `adds permission label.define to ${role}`,
  RemovePermission: (_, role) => `removes permission label.define from ${role}`,
  AssignNetworkName: (on) => `names ${on} fresh.net`,
  RevokeNetworkName: (on) => `unnames ${on} ${on}.net`,
  CreateLabel: () => 'creates label fresh',
  DeleteLabel: () => 'deletes label x',
  AssignLabel: (on) => `assigns label y to ${on}`,
  RevokeLabel: (on) => `revokes label x from ${on}`,
  CreateInvite: (_, role) => `creates invite fresh for ${role}`,
  RevokeInvite: (on) => `revokes invite of-${on}`,
  AdmitDevice: (on, _, isSelf) => `admits ${isSelf ? on : 'fresh'} by open`,
  RotateKey: () => 'rotates epoch fresh',
  AddDeviceKey: () => 'adds key 4',
  RetireKey: (on) => `retires key 2 of ${on} as rotated`,
  AddNode: (on) => `adds node fresh of ${on}`,
  RemoveNode: () => 'removes node n',
  RotateSwarmKey: () => 'rotates swarm key fresh under e',
  RetireSwarmKey: () => 'retires swarm key s',
  TrustOperator: () => 'trusts operator fresh',
  DistrustOperator: () => 'distrusts operator k',
  RevokeClaim: () => 'revokes claim fresh',
}

interface Cell {
  readonly kind: string
  readonly by: RoleName
  readonly over: RoleName
  readonly isSelf: boolean
  readonly isOpen: boolean
  /** Which reference is stale; none: all are right. */
  readonly stale?: 'gen' | 'roleAt' | 'labelAt' | 'from'
}

/** Every combination: role × kind × target role × {self, other} × {open, closed} × {right, each stale reference}. */
function cellsOf(kind: string): Cell[] {
  const cells: Cell[] = []
  for (const by of roles)
    for (const over of roles)
      for (const isSelf of by === over ? [true, false] : [false])
        for (const isOpen of [true, false]) {
          const cell = { kind, by, over, isSelf, isOpen }
          const { body } = bodyIn(cell)
          const bound = (['gen', 'roleAt', 'labelAt', 'from'] as const).filter((field) => field in body)
          cells.push(cell, ...bound.map((stale) => ({ ...cell, stale })))
        }
  return cells
}

/** Payload of the cell's command, everything in it as its author sees it. */
function bodyIn({ kind, by, over, isSelf }: Cell): { kind: string; body: Record<string, unknown> } {
  const author = `${by}1`
  const on = isSelf ? author : `${over}2`
  const sight = new Sight(seen)
  if (kind === 'CreateTeam') {
    const { bundle } = deviceOf(author)
    return { kind, body: { nonce: bytesOf('nonce'), name: 'herd', policy: 1, bundle, commonName: author } }
  }
  const words = said[kind]?.(on, over, isSelf)
  if (words === undefined) throw new Error(`nothing is said of ${kind}`)
  const ring = kind === 'AddDeviceKey' ? { ...sight.ring(on), sequence: 9 } : firstRing(isSelf ? author : 'fresh')
  const made = bodyOf({ step: readStep(`${author} ${words}`), sight, ring, team })
  const bundle = kind === 'AddDeviceKey' ? { bundle: bundleOf(on, ring) } : {}
  return { kind: made.kind, body: { ...made.body, ...bundle } }
}

const facts: KeyFacts = { weak: false, claimHolds: true, isOrigin: true }

/** What is said to a cell's command; `change` is what its author gets wrong about itself. */
function judge(cell: Cell, change: Partial<Author> = {}): string {
  const { kind, body } = bodyIn(cell)
  const wrong = { gen: Number(body['gen']) + 1, roleAt: bytesOf('other'), labelAt: bytesOf('other'), from: 'admin' }
  if (wrong.from === body['from']) wrong.from = 'user'
  if (cell.stale !== undefined && cell.stale in body) body[cell.stale] = wrong[cell.stale]
  const act = readAct({ kind, body: body as CborMap, team }) as Act | { kind: 'refuse'; code: string }
  if (act.kind === 'refuse') return act.code
  const { idBytes: author } = deviceOf(`${cell.by}1`)
  const by = { author, authorHex: toHex(author), key: signingKey(`${cell.by}1`, 2).publicKey, generation: 1 }
  const refusal = check(cell.isOpen ? states.open : states.closed, act, { ...by, ...change }, facts)
  return refusal?.code.replace('ERR_TEAM_', '') ?? 'ok'
}

function expected({ kind, by, over, isSelf, isOpen, stale }: Cell): string {
  const table = tables[kind]
  const letter = isSelf ? table?.self[roles.indexOf(by)] : table?.other[by][roles.indexOf(over)]
  if (table === undefined || letter === undefined) return 'nothing is written of it'
  if (!isOpen && table.isStructure !== true) return 'CLOSED'
  if (stale === undefined || beforeStaleness.includes(letter)) return codes[letter] ?? letter
  if (table.isBound !== true) return 'it is bound, but the table does not say so'
  return stale === 'from' ? 'STALE_ROLE' : 'STALE_GENERATION'
}

describe('the matrix: role × kind × target × relation × open × stale', () => {
  it.each(Object.keys(tables))('%s', (kind) => {
    const differ = cellsOf(kind)
      .map((cell) => ({ ...cell, is: judge(cell), should: expected(cell) }))
      .filter(({ is, should }) => is !== should)
    expect(differ).toEqual([])
  })

  it('the team it is judged in is the one that is meant', () => {
    const found = [...states.open.members.values()].map(({ name, role, generation }) => `${name} ${role} ${generation}`)
    const meant = roles.flatMap((role) => [`${role}1 ${role} 1`, `${role}2 ${role} 1`])
    expect(found.sort()).toEqual(['O owner 0', ...meant].sort())
    expect(states.open.invites.size).toBe(2 * inviters.length + 1)
    expect([states.open.open, states.closed.open]).toEqual([true, false])
    expect(Object.keys(tables).flatMap(cellsOf)).toHaveLength(6_832)
  })

  it.each(Object.keys(tables))(
    '%s by who is no member, was one in another generation, or signs with no key of its own',
    (kind) => {
      const cell = { kind, by: 'owner', over: 'user', isSelf: false, isOpen: true, stale: 'gen' } as const
      const isFirst = kind === 'CreateTeam'
      const { idBytes: author, publicKey: key } = deviceOf('stranger')
      expect(judge(cell, { author, authorHex: toHex(author), key })).toBe(isFirst ? 'BAD_PARENT' : 'NOT_MEMBER')
      expect(judge(cell, { generation: 0 })).toBe(isFirst ? 'BAD_PARENT' : 'NOT_MEMBER')
      expect(judge(cell, { key })).toBe(isFirst ? 'BAD_PARENT' : 'UNKNOWN_KEY')
      expect(judge(cell, { key: signingKey('owner1', 1).publicKey })).toBe(isFirst ? 'BAD_PARENT' : 'KEY_RETIRED')
      expect(judge({ ...cell, isOpen: false }, { key })).toBe(isFirst ? 'BAD_PARENT' : 'CLOSED')
    },
  )

  it('no kind and no column is left blank', () => {
    expect(new Set(Object.keys(tables).map((name) => name.split(' ')[0]))).toEqual(new Set(Object.keys(kinds)))
    for (const { self, other } of Object.values(tables)) {
      expect([self, ...Object.values(other)].map((row) => row.length)).toEqual(roles.map(() => 7).concat(7))
      for (const letter of [self, ...Object.values(other)].join('')) expect(codes).toHaveProperty([letter])
    }
  })
})
