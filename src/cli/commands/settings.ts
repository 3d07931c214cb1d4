import type { OperationOutput } from '../../operations/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import type { OptionSpec } from '../option-spec.ts'
import { parts, table, text, type Outcome, type View } from '../outcome.ts'
import { refuseOwnSecrets } from '../own-secrets.ts'
import { replacedText } from '../phrases.ts'
import type { Session } from '../session.ts'
import { readArgument, readValue } from '../value.ts'
import { localSettingsLeaves } from './settings-local.ts'

const dryRun: OptionSpec = { flags: '--dry-run', summary: 'print the difference and change nothing' }

type Changed = OperationOutput<'settings.set'>

export const settingsLeaves: readonly Leaf[] = [
  {
    verb: 'get',
    arguments: '[scope] [node]',
    summary: 'The settings at a scope; `.` is all of them.',
    options: [{ flags: '--no-defaults', summary: 'only what was set' }],
    example: 'ax settings get admin',
    exits: { 8: 'no such scope', 9: 'the HTTP API is closed' },
    run: getSettings,
  },
  {
    verb: 'set',
    arguments: '<scope> <value> [node]',
    summary: 'Replaces the settings at a scope. VALUE is YAML, @FILE, or @- for standard input.',
    options: [dryRun],
    example: "ax settings set general/displayName 'north'",
    exits: { 8: 'not a valid value there, or it would lock you out' },
    run: setSettings,
  },
  {
    verb: 'unset',
    arguments: '<scope> [node]',
    summary: 'Removes what was set at a scope; its default counts again.',
    options: [dryRun],
    example: 'ax settings unset general/displayName',
    run: unsetSettings,
  },
  {
    verb: 'schema',
    arguments: '[scope] [node]',
    summary: 'JSON Schema (2020-12) of the settings, or of one scope.',
    example: 'ax settings schema admin',
    run: showSchema,
  },
  {
    verb: 'scopes',
    arguments: '[node]',
    summary: 'Every scope with its type, default and what it means.',
    example: 'ax settings scopes',
    run: listScopes,
  },
  {
    verb: 'diff',
    arguments: '<scope> <file> [node]',
    summary: 'What would change if @FILE were set at a scope.',
    example: 'ax settings diff general @general.yaml',
    run: diffSettings,
  },
  {
    verb: 'import',
    arguments: '<file> [node]',
    summary: 'Takes over a whole settings document.',
    options: [dryRun],
    example: 'ax settings import settings.yaml --dry-run',
    run: importSettings,
  },
  ...localSettingsLeaves,
]

async function getSettings(session: Session, input: Input): Promise<Outcome> {
  const scope = input.optional('scope') ?? '.'
  const defaults = !input.negated('defaults')
  const answer = await session.call('settings.get', { scope, defaults }, input.optional('node'))
  return { result: { scope: answer.scope, settings: answer.settings }, view: text(answer.text) }
}

async function setSettings(session: Session, input: Input): Promise<Outcome> {
  const scope = input.text('scope')
  const { value, typed } = await readValue(session, scope, input.text('value'))
  await refuseOwnSecrets(session, scope, value)
  const request = { scope, value, typed, dryRun: input.flag('dryRun'), force: session.settled.force }
  return changedOutcome(await session.call('settings.set', request, input.optional('node')), replacedText)
}

async function unsetSettings(session: Session, input: Input): Promise<Outcome> {
  const scope = input.text('scope')
  const request = { scope, dryRun: input.flag('dryRun'), force: session.settled.force }
  const answer = await session.call('settings.unset', request, input.optional('node'))
  return changedOutcome(answer, ({ scope: typed }) => `Successfully unset settings at ${typed}.`)
}

async function importSettings(session: Session, input: Input): Promise<Outcome> {
  const document = await readArgument(session, asFile(input))
  const request = { text: document, dryRun: input.flag('dryRun'), force: session.settled.force }
  return changedOutcome(await session.call('settings.import', request, input.optional('node')), replacedText)
}

/** FILE with or without its `@`. */
function asFile(input: Input): string {
  return `@${input.text('file').replace(/^@/, '')}`
}

async function diffSettings(session: Session, input: Input): Promise<Outcome> {
  const scope = input.text('scope')
  const request = { scope, ...(await readValue(session, scope, asFile(input))), dryRun: true }
  return changedOutcome(await session.call('settings.set', request, input.optional('node')), replacedText)
}

export function changedOutcome(changed: Changed, sentence: (changed: Changed) => string): Outcome {
  const result = changed.dryRun
    ? { scope: changed.scope, dryRun: true, changes: changed.changes }
    : { scope: changed.scope, settings: changed.settings }
  return {
    result,
    view: changed.dryRun ? changesView(changed) : text(sentence(changed)),
    names: changed.changes.map(({ path }) => path),
    notices: changed.notices,
  }
}

function changesView(changed: Changed): View {
  const rows = changed.changes.map(({ path, before, after }) => [path, short(before), short(after)])
  return parts(
    text('Nothing was changed. It would change:'),
    table(['PATH', 'BEFORE', 'AFTER'], rows, { empty: 'nothing' }),
  )
}

function short(value: unknown): string {
  return value === undefined ? '-' : JSON.stringify(value)
}

async function showSchema(session: Session, input: Input): Promise<Outcome> {
  const scope = input.optional('scope')
  const answer = await session.call('settings.schema', scope === undefined ? {} : { scope }, input.optional('node'))
  return { result: answer, view: text(JSON.stringify(answer.schema, undefined, 2)) }
}

async function listScopes(session: Session, input: Input): Promise<Outcome> {
  const answer = await session.call('settings.scopes', {}, input.optional('node'))
  const rows = answer.scopes.map((row) => [row.scope, row.type, short(row.default), row.summary, row.effect])
  return {
    result: answer,
    view: table(['SCOPE', 'TYPE', 'DEFAULT', 'MEANS', 'COUNTS'], rows, { wide: ['COUNTS'] }),
    names: answer.scopes.map(({ scope }) => scope),
  }
}
