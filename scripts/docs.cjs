'use strict'
/**
 * `npm run docs`: prints docs/reference/*.md from the tables in src/, which are the source. `--check` changes nothing and
 * exits 1 when a page says something else than its table.
 */
const fs = require('node:fs')
const path = require('node:path')
const { checkNode, install, root } = require('./prepare.cjs')

const note = 'Printed from `SOURCE` by `npm run docs`. Change the table, not this page.'

async function main() {
  checkNode('hyrax')
  install()
  const check = process.argv.includes('--check')
  const tables = await loadTables()
  tables.leaves = await tables.everyLeaf()
  const stale = Object.entries(printPages(tables)).filter(([name, text]) => !agree(name, text, check))
  for (const [name] of stale) console.error(`docs/reference/${name} differs from its table: npm run docs`)
  process.exitCode = stale.length === 0 ? 0 : 1
}

/** The tables as this source tree has them, bundled on the fly. */
async function loadTables() {
  const out = path.join(root, '.cache', `tables.${process.pid}.mjs`)
  const contents = [
    "export { errorCodes, limits } from './src/base/index.ts'",
    "export { operations } from './src/operations/index.ts'",
    "export { settingRows } from './src/settings/index.ts'",
    "export { defaultRoles, kinds, payloadOf, permissions } from './src/team/index.ts'",
    "export { everyLeaf } from './src/cli/help.ts'",
    "export { globalOptions } from './src/cli/global-options.ts'",
    "export { z } from 'zod'",
  ].join('\n')
  require('esbuild').buildSync({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile: out,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['libsodium-wrappers-sumo', 'sodium-native', 'classic-level'],
    banner: { js: "import { createRequire as r } from 'node:module'\nconst require = r(import.meta.url)" },
    logLevel: 'error',
  })
  try {
    // A copy: what is read of the tables later is added to it.
    return { ...(await import(out)) }
  } finally {
    fs.rmSync(out, { force: true })
  }
}

function printPages(tables) {
  const { errorCodes, limits, operations, settingRows, z, leaves, globalOptions } = tables
  return {
    'ax.md': printCommands(leaves, globalOptions),
    'errors.md': printErrors(errorCodes),
    'limits.md': printLimits(limits),
    'operations.md': printOperations(operations, z),
    'settings.md': printSettings(settingRows),
    'team-policy.md': printPolicy(tables),
  }
}

function agree(name, text, check) {
  const file = path.join(root, 'docs', 'reference', name)
  const found = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
  if (found === text) return true
  if (check) return false
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
  console.log(`docs/reference/${name}`)
  return true
}

function page(title, source, intro, lines) {
  return [`# ${title}`, '', note.replace('SOURCE', source), '', intro, '', ...lines, ''].join('\n')
}

function table(heads, rows) {
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)]
}

function cell(text) {
  return (
    String(text ?? '')
      .replaceAll('|', '\\|')
      // What stands between backticks is shown as it is.
      .replace(/`[^`]*`|</g, (found) => (found === '<' ? '&lt;' : found))
      .replaceAll('\n', ' ')
      .replaceAll('\t', '')
  )
}

function printErrors(errorCodes) {
  const intro =
    'A code is a promise for ever; its text may change. `ax` prints `[CODE] Error: message`, then `Hint: …` on a line of ' +
    'its own, and exits with the status. *Peer* tells what crosses the wire: the same code, or nothing.'
  const rows = Object.entries(errorCodes).map(([code, entry]) => [
    `\`${code}\``,
    entry.message,
    entry.hint,
    entry.exit,
    entry.peer,
  ])
  return page(
    'Errors',
    'src/base/error-codes.ts',
    intro,
    table(['code', 'message', 'what helps', 'exit', 'peer'], rows),
  )
}

function printPolicy({ defaultRoles, kinds, payloadOf, permissions }) {
  const intro =
    'Who may do what in a team. Default deny: what no row allows is refused. A target must rank strictly below its author; ' +
    'every device may leave and may lower its own role. The *ceiling* is the highest rank that its holder gives or takes away.'
  const roles = [...defaultRoles.values()]
  const rows = [
    ['rank', ...roles.map(({ rank }) => rank.toLocaleString('en'))],
    ['ceiling', ...roles.map(({ ceiling }) => ceiling.toLocaleString('en'))],
    ...permissions.map((permission) => [
      `\`${permission}\``,
      ...roles.map((role) => (role.permissions.has(permission) ? 'yes' : '')),
    ]),
  ]
  const commands = Object.entries(kinds).map(([kind, { permission, self, why }]) => [
    kind,
    permission === null ? 'any device' : `\`${permission}\``,
    self ? 'yes' : '',
    payloadOf(kind)
      .map((name) => `\`${name}\``)
      .join(' '),
    why,
  ])
  const lines = [
    '## Roles',
    '',
    ...table(['', ...roles.map(({ role }) => role)], rows),
    '',
    '## Commands',
    '',
    'What a payload may leave out ends in `?`. `gen` is how often a device was removed as the author saw it; `roleAt` and',
    '`labelAt` are the ids of the commands that made the role and the label (for the five default roles the id of the team).',
    '',
    ...table(['command', 'needs', 'to itself without it', 'carries', 'why'], commands),
  ]
  return page('Team policy', 'src/team/policy.ts', intro, lines)
}

/** The reasons of the limits stand in their docstrings, so they are read from the source text. */
function printLimits(limits) {
  const source = fs.readFileSync(path.join(root, 'src', 'base', 'limits.ts'), 'utf8')
  const reasons = new Map()
  for (const [, reason, name] of source.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s*\n\s*(\w+):/g)) {
    reasons.set(name, reason.replace(/\s*\n\s*\*\s*/g, ' ').trim())
  }
  const rows = Object.entries(limits).map(([name, value]) => [
    `\`${name}\``,
    value.toLocaleString('en'),
    reasons.get(name),
  ])
  const intro = 'Every bound that Hyrax keeps. The unit stands last in the name; none means a count.'
  return page('Limits', 'src/base/limits.ts', intro, table(['limit', 'value', 'what it bounds, and why'], rows))
}

function printOperations(operations, z) {
  const intro =
    'One table behind every door: the admin stream on 4458 and the Unix socket, HTTP (`POST /api/v1/<name>`), the typed ' +
    'client and `ax --json`. *Right* is what the caller must hold.'
  const rows = Object.entries(operations).map(([name, { right, streaming, summary, input }]) => {
    return [
      `\`${name}\``,
      summary,
      `\`${right}\``,
      streaming ? 'stream' : '',
      memberNames(z.toJSONSchema(input(), { io: 'input', unrepresentable: 'any' })),
    ]
  })
  return page('Operations', 'src/operations', intro, table(['operation', 'what it does', 'right', '', 'input'], rows))
}

/** `name, name?`: the members an operation takes, the optional ones marked. */
function memberNames(schema) {
  const needed = new Set(schema.required ?? [])
  return Object.keys(schema.properties ?? {})
    .map((name) => `\`${name}\`${needed.has(name) ? '' : '?'}`)
    .join(' ')
}

function printCommands(leaves, globalOptions) {
  const intro =
    'Every command of `ax`, with an example that parses. Nouns are taken in the singular too; `list` is `ls`, `rm` is ' +
    '`remove`, `inspect` is `show`. `ax <command> --help` says the same and more.'
  const lines = leaves.map(({ noun, leaf }) => {
    const words = [noun.name, leaf.verb, leaf.arguments].filter(Boolean).join(' ')
    return [`\`ax ${words}\``, leaf.summary, flagsOf(leaf.options ?? []), `\`${leaf.example}\``]
  })
  const options = globalOptions.map(({ flags, summary }) => [`\`${flags}\``, summary])
  return page('ax', 'src/cli', intro, [
    ...table(['command', 'what it does', 'options', 'example'], lines),
    '',
    '## Options of every command',
    '',
    ...table(['option', 'what it does'], options),
  ])
}

function flagsOf(options) {
  return options.map(({ flags }) => `\`${flags}\``).join(' ')
}

function printSettings(settingRows) {
  const rows = settingRows.map(({ path: place, alias, type, fallback, summary, effect }) => [
    `\`${place}\``,
    type,
    fallback === undefined ? '' : `\`${JSON.stringify(fallback)}\``,
    summary,
    effect,
    alias === undefined ? '' : `\`${alias}\``,
  ])
  const intro =
    'Set with `ax settings set SCOPE VALUE`, read with `ax settings get SCOPE`. The file `settings.yaml` in the data ' +
    'directory holds only what was set. *Alias* is the path under `com.actyx.os/` that means the same.'
  const heads = ['path', 'type', 'default', 'what it does', 'takes effect', 'alias']
  return page('Settings', 'src/settings/schema.ts', intro, table(heads, rows))
}

main()
