import { describe, expect, it } from 'vitest'
import { guardLockout, judgeDoor, type DoorRules, type DoorVisitor } from '../../../src/access/index.ts'
import { axKeyText } from '../../../src/codec/index.ts'
import { generateIdentity } from '../../../src/keys/index.ts'
import { parseCidr, type AuthorizedKey } from '../../../src/settings/index.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const random = createSeededRandomness(4)
const [owner, stranger] = [generateIdentity(random), generateIdentity(random)]
const now = Date.parse('2026-11-21T12:00:00.500Z')

function entry(options: Partial<AuthorizedKey> = {}): AuthorizedKey {
  return { key: axKeyText(owner.publicKey), peer: owner.peer, role: 'admin', ...options }
}
function rules(options: Partial<DoorRules> = {}): DoorRules {
  return {
    authorizedKeys: [],
    authorizedKeysDamaged: null,
    requireAuthentication: false,
    allowRemoteUnauthenticated: false,
    ...options,
  }
}
const ranges = (...texts: string[]) => texts.flatMap((text) => parseCidr(text) ?? [])

const unix: DoorVisitor = { peer: owner.peer, door: 'unix', source: '/run/hyrax/axd.sock' }
const local: DoorVisitor = { peer: owner.peer, door: 'tcp', source: '127.0.0.1' }
const remote: DoorVisitor = { peer: owner.peer, door: 'tcp', source: '192.0.2.7' }
const http: DoorVisitor = { peer: null, door: 'http', source: '127.0.0.1' }
const visitors = { unix, local, remote, http }

type Answers = readonly [unix: string, local: string, remote: string, http: string]
const no = 'ERR_UNAUTHORIZED'
const shut = 'ERR_NODE_MISCONFIGURED'
const required = { requireAuthentication: true }
const past = { expires: 'then', expiresAt: now - 1_000 }

const table: readonly [title: string, DoorRules, Answers][] = [
  ['no keys', rules(), ['admin', 'admin', no, 'admin']],
  ['remote let in', rules({ allowRemoteUnauthenticated: true }), ['admin', 'admin', 'admin', 'admin']],
  ['own key', rules({ authorizedKeys: [entry()] }), ['admin', 'admin', 'admin', 'admin']],
  ['own key as reader', rules({ authorizedKeys: [entry({ role: 'reader' })] }), ['admin', 'admin', 'reader', 'admin']],
  ['required, no keys', rules(required), [no, no, no, shut]],
  ['required, remote let in', rules({ ...required, allowRemoteUnauthenticated: true }), [no, no, no, shut]],
  ['required, own key', rules({ ...required, authorizedKeys: [entry()] }), ['admin', 'admin', 'admin', shut]],
  ['required, expired', rules({ ...required, authorizedKeys: [entry(past)] }), [no, no, no, shut]],
  [
    'required, from a range',
    rules({ ...required, authorizedKeys: [entry({ from: ranges('192.0.2.0/24') })] }),
    [no, no, 'admin', shut],
  ],
  [
    'required, from the socket',
    rules({ ...required, authorizedKeys: [entry({ from: [], fromUnix: true })] }),
    ['admin', no, no, shut],
  ],
  ['damaged', rules({ authorizedKeysDamaged: 'entry 0' }), ['admin', no, no, no]],
  [
    'damaged, remote let in',
    rules({ authorizedKeysDamaged: 'x', allowRemoteUnauthenticated: true }),
    ['admin', no, no, no],
  ],
  ['damaged, required', rules({ ...required, authorizedKeysDamaged: 'x' }), ['admin', no, no, shut]],
]

describe('the admin door', () => {
  it.each(table)('sec/A4 %s', (_, given, answers) => {
    const found = Object.values(visitors).map((visitor) => {
      const verdict = judgeDoor(visitor, given, now)
      return verdict.kind === 'admit' ? verdict.role : verdict.code
    })
    expect(found).toEqual(answers)
  })

  it('sec/A10 denies an entry from the second on in which it expires, and says until when it holds', () => {
    const expiresAt = Date.parse('2026-11-21T12:00:01Z')
    const given = rules({ ...required, authorizedKeys: [entry({ expires: 'x', expiresAt })] })
    expect(judgeDoor(remote, given, expiresAt - 1)).toMatchObject({ kind: 'admit', until: expiresAt })
    expect(judgeDoor(remote, given, expiresAt).kind).toBe('refuse')
  })

  it('sees IPv4 in IPv6 form as what it is', () => {
    expect(judgeDoor({ ...local, source: '::ffff:127.0.0.1' }, rules(), now).kind).toBe('admit')
    expect(judgeDoor({ ...local, source: '::1' }, rules(), now).kind).toBe('admit')
    expect(judgeDoor({ ...local, source: '::ffff:192.0.2.7' }, rules(), now).kind).toBe('refuse')
    expect(judgeDoor({ ...local, source: '' }, rules(), now).kind).toBe('refuse')
  })
})

describe('the lock-out guard', () => {
  const guard = (before: DoorRules, after: DoorRules, caller: DoorVisitor, force = false) =>
    guardLockout(before, after, { ...caller, force, now })?.code

  it.each(Object.entries(visitors))(
    'sec/A7 over %s: required authentication needs a usable admin key, always',
    (_, caller) => {
      const bad = [[], [entry({ role: 'reader' })], [entry(past)], [entry({ role: 'editor' })]]
      for (const authorizedKeys of bad) {
        const after = rules({ ...required, authorizedKeys })
        expect(guard(rules({ authorizedKeys }), after, caller, false)).toBe('ERR_ACCESS_LOCKOUT')
        expect(guard(rules({ authorizedKeys }), after, caller, true)).toBe('ERR_ACCESS_LOCKOUT')
      }
    },
  )

  it('sec/A7 refuses what would shut out the caller; --force only over the Unix socket', () => {
    const before = rules({ authorizedKeys: [entry()] })
    const after = rules({ ...required, authorizedKeys: [entry()] })
    for (const visitor of [unix, local]) {
      expect(guard(before, after, visitor)).toBeUndefined()
      expect(guard(before, after, { ...visitor, peer: stranger.peer })).toBe('ERR_ACCESS_LOCKOUT')
    }
    expect(guard(before, after, { ...local, peer: stranger.peer }, true)).toBe('ERR_ACCESS_LOCKOUT')
    expect(guard(before, after, { ...unix, peer: stranger.peer }, true)).toBeUndefined()
    expect(guard(before, after, http)).toBe('ERR_ACCESS_LOCKOUT')
  })

  it('sec/A7 counts role, expiry and source range of the own key', () => {
    const other = { ...entry(), key: stranger.axKey, peer: stranger.peer }
    const before = rules({ ...required, authorizedKeys: [entry(), other] })
    const changed = [{ role: 'reader' as const }, past, { from: ranges('10.0.0.0/8') }]
    for (const options of changed) {
      const after = rules({ ...required, authorizedKeys: [entry(options), other] })
      expect(guard(before, after, remote)).toBe('ERR_ACCESS_LOCKOUT')
    }
    expect(guard(before, rules({ ...required, authorizedKeys: [other] }), remote)).toBe('ERR_ACCESS_LOCKOUT')
    expect(guard(before, rules({ ...required, authorizedKeys: [entry()] }), remote)).toBeUndefined()
  })

  it('does not judge a change of something else', () => {
    const expired = rules({ ...required, authorizedKeys: [entry(past)] })
    expect(guard(expired, { ...expired }, unix)).toBeUndefined()
  })

  it('says what to do', () => {
    const before = rules({ authorizedKeys: [entry()] })
    const refusal = guardLockout(
      before,
      { ...before, ...required },
      { ...unix, peer: stranger.peer, force: false, now },
    )
    expect(refusal?.data['hint']).toBe(
      `Authorize your own key first: ax keys authorize ${stranger.axKey}. --force does it all the same.`,
    )
  })
})
