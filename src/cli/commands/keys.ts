import type { OperationOutput } from '../../operations/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import { table, text, type Outcome, type View } from '../outcome.ts'
import { refuseOwnSecretTexts } from '../own-secrets.ts'
import { count, shortTime } from '../phrases.ts'
import type { Session } from '../session.ts'
import { readArgument } from '../value.ts'
import { keyPairLeaves } from './key-pairs.ts'

type AuthorizedKey = OperationOutput<'keys.authorized'>['keys'][number]

const exampleKey = '0hoWXFyVHzbhhQ6fU+z/kZb8oaN+ligosj2/hzuJn04I='

export const keysLeaves: readonly Leaf[] = [
  ...keyPairLeaves,
  {
    verb: 'authorize',
    arguments: '<key> [node]',
    summary: 'Lets a key administer a node. KEY is a public key in any form, a line with options, or @FILE.',
    options: [
      { flags: '--role <role>', summary: 'admin, editor or reader (admin)' },
      { flags: '--comment <text>', summary: 'whose key it is' },
      { flags: '--expires <time>', summary: 'not valid from then on, such as 2027-01-01T00:00:00Z' },
      { flags: '--from <cidr>', summary: 'only from these addresses; repeatable', repeatable: true },
    ],
    example: `ax keys authorize ${exampleKey}`,
    run: authorize,
  },
  {
    verb: 'deauthorize',
    arguments: '<key> [node]',
    summary: 'Takes that back; live sessions of the key are cut.',
    example: `ax keys deauthorize ${exampleKey}`,
    run: deauthorize,
  },
  {
    verb: 'authorized',
    arguments: '[node]',
    summary: 'The keys that may administer a node.',
    example: 'ax keys authorized',
    run: listAuthorized,
  },
]

async function authorize(session: Session, input: Input): Promise<Outcome> {
  const entry = (await readArgument(session, input.text('key'))).trim()
  await refuseOwnSecretTexts(session, entry.split(/\s+/))
  const from = input.list('from')
  const options = ['role', 'comment', 'expires'].flatMap((name) => {
    const value = input.optional(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  const result = await session.call(
    'keys.authorize',
    {
      entry,
      ...Object.fromEntries(options),
      ...(from.length === 0 ? {} : { from: [...from] }),
      force: session.settled.force,
    },
    input.optional('node'),
  )
  const { key, role } = result.key
  const sentence = result.added ? `${key} may administer the node as ${role}.` : `${key} was authorized already.`
  return { result, view: text(sentence), names: [key] }
}

async function deauthorize(session: Session, input: Input): Promise<Outcome> {
  const key = (await readArgument(session, input.text('key'))).trim()
  const request = { key, force: session.settled.force }
  const result = await session.call('keys.deauthorize', request, input.optional('node'))
  const cut = result.sessionsCut === 0 ? '' : ` ${count(result.sessionsCut, 'session')} cut.`
  const sentence = result.removed
    ? `${result.key} may not administer the node any more.${cut}`
    : `${result.key} was not authorized.`
  return { result, view: text(sentence), names: [result.key] }
}

async function listAuthorized(session: Session, input: Input): Promise<Outcome> {
  const answer = await session.call('keys.authorized', {}, input.optional('node'))
  return {
    result: answer,
    view: authorizedView(answer.keys),
    names: answer.keys.map(({ key }) => key),
    notices: answer.requireAuthentication
      ? []
      : ['Authentication is not required: ax settings set admin/requireAuthentication true'],
  }
}

function authorizedView(keys: readonly AuthorizedKey[]): View {
  const rows = keys.map((key) => [
    key.key,
    key.role,
    key.usable ? (key.you ? 'yes, yours' : 'yes') : 'no',
    key.expires === undefined ? null : shortTime(key.expires),
    key.from?.join(' '),
    key.comment,
  ])
  return table(['KEY', 'ROLE', 'USABLE', 'EXPIRES', 'FROM', 'COMMENT'], rows, { empty: 'no authorized keys' })
}
