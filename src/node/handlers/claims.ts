import { fail } from '../../base/index.ts'
import { axKeyText, nkeyText, parseId, printable } from '../../codec/index.ts'
import { readIdentityText } from '../../keys/index.ts'
import type { OperationRequest } from '../../operations/index.ts'
import type { Intent, TeamState } from '../../team/index.ts'
import { isoTime, type Handlers, type NodeParts } from '../parts.ts'
import { commandOf } from '../team-command.ts'

type ClaimsOperation = 'claims.trust' | 'claims.distrust' | 'claims.revoke' | 'claims.ls'
type Revocation = Intent & { readonly kind: 'RevokeClaim' }
type Revoked = Omit<Revocation, 'kind'>

/** `ax claims trust`, `distrust`, `token revoke`, `ls`: whose tokens count where a team governs. */
export function claimsHandlers(parts: NodeParts): Handlers<ClaimsOperation> {
  const { teams, keys } = parts
  const operator = async (
    kind: 'TrustOperator' | 'DistrustOperator',
    { team, key: text, force }: OperationRequest<'claims.trust'>,
  ) => {
    const key = readIdentityText(keys, text)
    const { cut: _, ...command } = commandOf(await teams.author(team, { kind, key }, { force }))
    return { ...command, key: axKeyText(key) }
  }
  return {
    'claims.trust': (request) => operator('TrustOperator', request),
    'claims.distrust': (request) => operator('DistrustOperator', request),
    'claims.revoke': async ({ team, id, until, force }) => {
      const intent = revocation(parts, id, until)
      const { cut: _, ...command } = commandOf(await teams.author(team, intent, { force }))
      return { ...command, revoked: revokedRow(intent) }
    },
    'claims.ls': ({ team }) => {
      const { id } = teams.view(team)
      return { team: id, ...claimsOf(teams.replicaOf(parseId('team', id))?.state) }
    },
  }
}

/** Ids of tokens are 22 characters of base62; every form of a key is longer, and says which it is. */
const tokenId = /^[0-9A-Za-z]{22}$/

function revocation({ keys }: NodeParts, id: string, until: string | undefined): Revocation {
  if (tokenId.test(id)) {
    if (until !== undefined) throw fail('ERR_INVALID_INPUT', { what: 'a time goes with a key, not with one token' })
    return { kind: 'RevokeClaim', jti: id }
  }
  const key = readIdentityText(keys, id)
  if (until === undefined) return { kind: 'RevokeClaim', key }
  const ms = Date.parse(until)
  if (Number.isNaN(ms) || ms < 0)
    throw fail('ERR_INVALID_INPUT', { what: `${printable(until, 60)} is no time such as 2026-11-02T10:00:00Z` })
  return { kind: 'RevokeClaim', key, notAfter: Math.floor(ms / 1000) }
}

function claimsOf(state: TeamState | undefined) {
  const operators = [...(state?.operators.values() ?? [])].map((key) => ({
    nkey: nkeyText('O', key),
    key: axKeyText(key),
  }))
  const revoked = [...(state?.revokedClaims.values() ?? [])].map(revokedRow)
  return {
    operators: operators.sort((a, b) => (a.nkey < b.nkey ? -1 : 1)),
    revoked: revoked.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)),
  }
}

/** Single tokens first, then keys: the same on every node, whatever the order in which the commands came. */
function orderOf({ jti, key, until }: ReturnType<typeof revokedRow>): string {
  return jti === null ? `key ${key ?? ''} ${until ?? ''}` : `id ${jti}`
}

function revokedRow({ jti, key, notAfter }: Revoked) {
  return {
    jti: jti ?? null,
    key: key === undefined ? null : axKeyText(key),
    until: notAfter === undefined ? null : isoTime(notAfter * 1000),
  }
}
