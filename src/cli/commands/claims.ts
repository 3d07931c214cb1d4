import type { Input, Leaf } from '../grammar.ts'
import { parts, table, text, type Outcome } from '../outcome.ts'
import { shortTime } from '../phrases.ts'
import type { Session } from '../session.ts'

const lawExit = { 10: "the team's law refuses" }
const exampleOperator = 'OCDILFYXEVD43ODBIOT5J6Z74RS36KDI36SYUCRMR5X6DTXCM7JYF4FV'

export const claimsLeaves: readonly Leaf[] = [
  {
    verb: 'trust',
    arguments: '<key>',
    summary: 'Tokens that chain to this operator count wherever the team governs.',
    example: `ax claims trust ${exampleOperator} --team herd`,
    exits: lawExit,
    run: (session, input) => changeTrust(session, input, 'claims.trust'),
  },
  {
    verb: 'distrust',
    arguments: '<key>',
    summary: 'Takes that back; sessions that rest on it end.',
    example: `ax claims distrust ${exampleOperator} --team herd`,
    exits: lawExit,
    run: (session, input) => changeTrust(session, input, 'claims.distrust'),
  },
  {
    verb: 'token revoke',
    arguments: '<id>',
    summary: 'A token by its id, or all tokens for a key, count no more; it is never taken back.',
    options: [{ flags: '--until <time>', summary: 'with a key: only tokens issued until then' }],
    example: 'ax claims token revoke 3Qv8Zx0bN5sT1mWkR7yAcD --team herd',
    exits: lawExit,
    run: revoke,
  },
  {
    verb: 'ls',
    summary: 'The operators that a team trusts, and what it revoked.',
    example: 'ax claims ls --team herd',
    run: list,
  },
]

async function changeTrust(
  session: Session,
  input: Input,
  operation: 'claims.trust' | 'claims.distrust',
): Promise<Outcome> {
  const { force } = session.settled
  const result = await session.call(operation, { ...ofTeam(session), key: input.text('key'), force })
  const did = operation === 'claims.trust' ? 'now trusts' : 'no longer trusts'
  return { result, view: text(`The team ${did} ${result.key}.`), names: [result.command] }
}

async function revoke(session: Session, input: Input): Promise<Outcome> {
  const until = input.optional('until')
  const result = await session.call('claims.revoke', {
    ...ofTeam(session),
    id: input.text('id'),
    ...(until === undefined ? {} : { until }),
    force: session.settled.force,
  })
  return { result, view: text(`Revoked ${revokedText(result.revoked)}.`), names: [result.command] }
}

async function list(session: Session): Promise<Outcome> {
  const answer = await session.call('claims.ls', ofTeam(session))
  return {
    result: answer,
    view: parts(
      table(
        ['OPERATOR', 'KEY'],
        answer.operators.map(({ nkey, key }) => [nkey, key]),
        { empty: 'no operator is trusted' },
      ),
      table(
        ['REVOKED'],
        answer.revoked.map((one) => [revokedText(one)]),
      ),
    ),
    names: answer.operators.map(({ nkey }) => nkey),
  }
}

function revokedText(revoked: { jti: string | null; key: string | null; until: string | null }): string {
  if (revoked.jti !== null) return `token ${revoked.jti}`
  const key = revoked.key ?? ''
  return revoked.until === null
    ? `all tokens of and below ${key}`
    : `tokens for ${key} until ${shortTime(revoked.until)}`
}

function ofTeam(session: Session): { team?: string } {
  return session.settled.team === undefined ? {} : { team: session.settled.team }
}
