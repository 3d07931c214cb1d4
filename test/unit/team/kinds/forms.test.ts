import { describe, expect, it } from 'vitest'
import { peerIdText, type CborValue } from '../../../../src/codec/index.ts'
import { generateIdentity, openKeys } from '../../../../src/keys/index.ts'
import {
  encodeBody,
  kinds,
  makeClaim,
  makeKeyBundle,
  readAct,
  type Act,
  type Kind,
} from '../../../../src/team/index.ts'
import { createSeededRandomness } from '../../../helpers/seeded-randomness.ts'
import { bytesOf } from '../../../helpers/team-desk.ts'

const keys = await openKeys()
const identity = generateIdentity(createSeededRandomness(3))
const bundle = makeKeyBundle(keys, {
  identity,
  sequence: 0,
  signing: [identity.publicKey],
  encryption: [bytesOf('box')],
})
const [id, other, team] = [bytesOf('id'), bytesOf('other'), bytesOf('team')]
const claim = makeClaim({ team, invite: id, nonce: other, bundle, inviteKey: identity, identity })
const peer = peerIdText(identity.publicKey)
const ofDevice = { device: id, gen: 0 }
const ofRole = { role: 'clerk', roleAt: id }
const ofLabel = { label: 'x', labelAt: id }

/** One payload of each kind with every member that it may have, and the members that may be absent. */
const whole: { readonly [K in Kind]: { body: Record<string, CborValue>; absent?: readonly string[] } } = {
  CreateTeam: { body: { nonce: id, name: 'herd', policy: 1, bundle: bundle.bytes, commonName: 'hub' } },
  CloseTeam: { body: { reason: 'done' }, absent: ['reason'] },
  AddDevice: { body: { bundle: bundle.bytes, commonName: 'hub', gen: 0, ...ofRole } },
  RemoveDevice: { body: ofDevice },
  ConfirmLeave: { body: { ...ofDevice, leave: id } },
  AssignRole: { body: { ...ofDevice, ...ofRole, from: 'user' } },
  RevokeRole: { body: { ...ofDevice, ...ofRole } },
  CreateRole: { body: { role: 'clerk', rank: 101, permissions: ['label.assign', 'role.assign-user'] } },
  DeleteRole: { body: ofRole },
  AddPermission: { body: { ...ofRole, permission: 'key.rotate' } },
  RemovePermission: { body: { ...ofRole, permission: 'key.rotate' } },
  AssignNetworkName: { body: { ...ofDevice, name: 'db.example' } },
  RevokeNetworkName: { body: { ...ofDevice, name: '10.0.0.1' } },
  CreateLabel: { body: { label: 'x' } },
  DeleteLabel: { body: ofLabel },
  AssignLabel: { body: { ...ofDevice, ...ofLabel, op: 'recv' }, absent: ['op'] },
  RevokeLabel: { body: { ...ofDevice, ...ofLabel } },
  CreateInvite: {
    body: { key: id, ...ofRole, labels: [['x', id]], maxUses: 2, notAfter: 5 },
    absent: ['labels', 'maxUses'],
  },
  RevokeInvite: { body: { invite: id } },
  AdmitDevice: { body: { invite: id, claim: claim.bytes, commonName: 'J', gen: 0 } },
  RotateKey: { body: { epoch: id, parents: [id], recipients: [[id, 0, other]], boxesHash: id } },
  AddDeviceKey: { body: { bundle: bundle.bytes } },
  RetireKey: { body: { ...ofDevice, key: id, reason: 'rotated' } },
  AddNode: { body: { peer, addrs: ['/ip4/10.0.0.1/tcp/4001'], ...ofDevice }, absent: ['addrs'] },
  RemoveNode: { body: { peer } },
  RotateSwarmKey: { body: { fingerprint: bytesOf('f', 16), epoch: id, sealed: id } },
  RetireSwarmKey: { body: { fingerprint: bytesOf('f', 16) } },
  TrustOperator: { body: { key: id } },
  DistrustOperator: { body: { key: id } },
  RevokeClaim: { body: { key: id, notAfter: 5 }, absent: ['notAfter'] },
}

function read(kind: string, body: Record<string, CborValue>): Act | { kind: 'refuse'; code: string; data: unknown } {
  return readAct({ kind, body, team })
}

function fieldRefused(kind: string, body: Record<string, CborValue>): unknown {
  const act = read(kind, body)
  return act.kind === 'refuse' && act.code === 'ERR_TEAM_BAD_PAYLOAD' ? (act.data as { field: string }).field : act.kind
}

describe.each(Object.keys(kinds) as Kind[])('%s', (kind) => {
  const { body, absent = [] } = whole[kind]

  it('has a form: what is read is what is written, and nothing is missing, foreign or of another form', () => {
    const act = read(kind, body)
    expect(act.kind).toBe(kind)
    expect(encodeBody(act as Act)).toEqual(body)
    expect(fieldRefused(kind, { ...body, more: 1 })).toBe('more')
    for (const field of Object.keys(body)) {
      expect(fieldRefused(kind, { ...body, [field]: { no: 'form' } })).toBe(field)
      const { [field]: _, ...rest } = body
      const found = fieldRefused(kind, rest)
      if (absent.includes(field)) expect(found).toBe(kind)
      else expect(found).not.toBe(kind)
    }
  })
})

describe('what may be absent means the default', () => {
  const without = (kind: Kind, ...fields: string[]): Act =>
    read(kind, Object.fromEntries(Object.entries(whole[kind].body).filter(([name]) => !fields.includes(name)))) as Act

  it('the role is `user` of this team, with its origin or not at all', () => {
    for (const kind of ['AddDevice', 'CreateInvite'] as const) {
      expect(without(kind, 'role', 'roleAt').body).toMatchObject({ role: 'user', roleAt: team })
      expect(without(kind, 'role')).toMatchObject({ code: 'ERR_TEAM_BAD_PAYLOAD' })
      expect(without(kind, 'roleAt')).toMatchObject({ code: 'ERR_TEAM_BAD_PAYLOAD' })
    }
  })

  it('a label both ways, an invite once', () => {
    expect(without('AssignLabel', 'op').body).toMatchObject({ op: 'send-recv' })
    expect(without('CreateInvite', 'maxUses', 'labels').body).toMatchObject({ maxUses: 1 })
  })
})

describe('forms that a single member cannot say', () => {
  const body = (kind: Kind, change: Record<string, CborValue>): unknown =>
    fieldRefused(kind, { ...whole[kind].body, ...change })

  it('`sync-only` is `sync-role` wherever a role is named', () => {
    expect(
      (read('AssignRole', { ...ofDevice, ...ofRole, role: 'sync-only', from: 'sync-only' }) as Act).body,
    ).toMatchObject({
      role: 'sync-role',
      from: 'sync-role',
    })
  })

  it('permissions are sorted, without equals; ranks are those of custom roles', () => {
    for (const permissions of [['b', 'a'], ['a', 'a'], ['A'], [1], 'a'])
      expect(body('CreateRole', { permissions })).toBe('permissions')
    for (const rank of [100, 1_000_000, 0, -1]) expect(body('CreateRole', { rank })).toBe('rank')
    expect(body('CreateRole', { rank: 999_999, permissions: [] })).toBe('CreateRole')
  })

  it('labels of an invite: pairs, perhaps with an op, none twice, 64 at most; uses 1 to 1,000', () => {
    const many = Array.from({ length: 65 }, (_, i) => [`l${i}`, id])
    expect(body('CreateInvite', { labels: [['x', id, 'send']] })).toBe('CreateInvite')
    for (const labels of [
      [['x']],
      [['x', id, 'both']],
      [
        ['x', id],
        ['x', id],
      ],
      [['X', id]],
      many,
    ])
      expect(body('CreateInvite', { labels })).toBe('labels')
    for (const maxUses of [0, 1_001]) expect(body('CreateInvite', { maxUses })).toBe('maxUses')
  })

  it('recipients: the sorted list or its hash; parents sorted', () => {
    const [low, high] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    expect(body('RotateKey', { recipients: id })).toBe('RotateKey')
    expect(
      body('RotateKey', {
        recipients: [
          [low, 0, id],
          [high, 0, id],
        ],
        parents: [],
      }),
    ).toBe('RotateKey')
    for (const recipients of [
      [
        [high, 0, id],
        [low, 0, id],
      ],
      [
        [low, 0, id],
        [low, 1, id],
      ],
      [[low, 0]],
      bytesOf('short', 31),
    ])
      expect(body('RotateKey', { recipients })).toBe('recipients')
    expect(body('RotateKey', { parents: [high, low] })).toBe('parents')
  })

  it('a peer has one spelling; addresses are multiaddresses, 8 at most; device and gen stand together', () => {
    for (const bad of [peer.slice(1), 'Qm1', id, ` ${peer}`]) expect(body('RemoveNode', { peer: bad })).toBe('peer')
    for (const addrs of [['10.0.0.1:4001'], ['/ip4/ 1'], Array.from({ length: 9 }, () => '/a')])
      expect(body('AddNode', { addrs })).toBe('addrs')
    expect(fieldRefused('AddNode', { peer, device: id })).toBe('gen')
    expect(fieldRefused('AddNode', { peer, gen: 0 })).toBe('gen')
    expect(fieldRefused('AddNode', { peer })).toBe('AddNode')
  })

  it('a revocation names a token, or a key', () => {
    expect(fieldRefused('RevokeClaim', { jti: 'a' })).toBe('RevokeClaim')
    expect(fieldRefused('RevokeClaim', {})).toBe('jti')
    expect(fieldRefused('RevokeClaim', { jti: 'a', key: id })).toBe('jti')
    expect(fieldRefused('RevokeClaim', { jti: 'a', notAfter: 5 })).toBe('notAfter')
  })
})
