import type { Input, Leaf } from '../grammar.ts'
import type { OptionSpec } from '../option-spec.ts'
import { text, type Outcome } from '../outcome.ts'
import { replacedText } from '../phrases.ts'
import type { Session } from '../session.ts'
import { readValue } from '../value.ts'

const dataDirectory: OptionSpec = { flags: '--data-dir <dir>', summary: 'data directory of the node (AX_DATA_DIR)' }
const exits = { 3: 'no such data directory', 7: 'the node is running', 8: 'not a valid value there' }

/** The way back in after a lock-out: the settings of a stopped node, in its data directory. */
export const localSettingsLeaves: readonly Leaf[] = [
  {
    verb: 'local get',
    arguments: '[scope]',
    summary: 'The settings of a stopped node.',
    options: [dataDirectory, { flags: '--no-defaults', summary: 'only what was set' }],
    example: 'ax settings local get admin --data-dir /var/lib/hyrax',
    exits,
    run: getLocal,
  },
  {
    verb: 'local set',
    arguments: '<scope> <value>',
    summary: 'Replaces the settings of a stopped node at a scope. VALUE is YAML, @FILE or @-.',
    options: [dataDirectory],
    example: 'ax settings local set admin/requireAuthentication false --data-dir /var/lib/hyrax',
    exits,
    run: setLocal,
  },
  {
    verb: 'local unset',
    arguments: '<scope>',
    summary: 'Removes what was set at a scope of a stopped node.',
    options: [dataDirectory],
    example: 'ax settings local unset admin/requireAuthentication --data-dir /var/lib/hyrax',
    exits,
    run: unsetLocal,
  },
]

async function getLocal(session: Session, input: Input): Promise<Outcome> {
  const { editStopped } = await import('../stopped-node.ts')
  const scope = input.optional('scope') ?? '.'
  const found = await editStopped(directoryOf(session, input), (node) => node.read(scope, !input.negated('defaults')))
  return { result: { scope: found.scope, settings: found.settings }, view: text(found.text) }
}

async function setLocal(session: Session, input: Input): Promise<Outcome> {
  const { editStopped } = await import('../stopped-node.ts')
  const scope = input.text('scope')
  const typed = await readValue(session, scope, input.text('value'))
  const changed = await editStopped(directoryOf(session, input), (node) =>
    node.change({ kind: 'set', scope, ...typed }),
  )
  const { settings, notices } = changed
  return { result: { scope, settings }, view: text(replacedText({ scope, text: changed.text })), notices }
}

async function unsetLocal(session: Session, input: Input): Promise<Outcome> {
  const { editStopped } = await import('../stopped-node.ts')
  const scope = input.text('scope')
  const changed = await editStopped(directoryOf(session, input), (node) => node.change({ kind: 'unset', scope }))
  const { settings, notices } = changed
  return { result: { scope, settings }, view: text(`Successfully unset settings at ${scope}.`), notices }
}

function directoryOf(session: Session, input: Input): string {
  const { environment } = session.terminal
  const state = environment['XDG_STATE_HOME'] ?? `${environment['HOME'] ?? ''}/.local/state`
  return input.optional('dataDir') ?? environment['AX_DATA_DIR'] ?? `${state}/hyrax/node`
}
