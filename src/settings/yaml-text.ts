import { isAlias, isMap, isScalar, isSeq, parseDocument, stringify, type Node, type ParsedNode } from 'yaml'
import { fail, limits } from '../base/index.ts'
import type { SettingValue } from './schema.ts'
import { emptyObject } from './tree.ts'

/** Prints as `ax settings get` does: keys sorted, list items not indented, lines never folded, one LF at the end. */
export function printYaml(value: unknown): string {
  return stringify(plain(value), { sortMapEntries: true, indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false })
}

/**
 * Reads one YAML 1.2 document, core schema, without anchors, tags and merge keys, at most `limits.settingsBytesMax`.
 * Maps come out without a prototype. Fails with `ERR_INVALID_INPUT`; `what` names the text in the message.
 */
export function parseYaml(text: string, what: string): SettingValue {
  const bad = (why: string) => fail('ERR_INVALID_INPUT', { what: `${what}: ${why}` })
  if (new TextEncoder().encode(text).length > limits.settingsBytesMax) {
    throw bad(`it is longer than ${limits.settingsBytesMax} bytes`)
  }
  if (text.includes('\u0000') || text.includes('\ufeff')) throw bad('it holds a NUL or a byte order mark')
  const document = parseOrRefuse(text, bad)
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) throw bad(firstLine(problem.message))
  return document.contents === null ? null : readNode(document.contents, bad, 0)
}

function parseOrRefuse(text: string, bad: (why: string) => Error) {
  try {
    return parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: true, stringKeys: true, merge: false })
  } catch {
    // The parser descends by recursion: thousands of open brackets end its stack, and nothing else throws.
    throw bad('it is nested too deeply')
  }
}

function readNode(node: ParsedNode | Node, bad: (why: string) => Error, depth: number): SettingValue {
  if (depth > limits.jsonDepthMax) throw bad(`it is deeper than ${limits.jsonDepthMax}`)
  if (isAlias(node)) throw bad('aliases are not read')
  const { anchor, tag } = node as { anchor?: string; tag?: string }
  if (anchor !== undefined) throw bad('anchors are not read')
  if (tag !== undefined) throw bad('tags are not read')
  if (isScalar(node)) return readScalar(node.value, bad)
  if (isSeq(node)) return node.items.map((item) => readNode(item as Node, bad, depth + 1))
  if (!isMap(node)) throw bad('it is neither a value, a list nor a map')
  const map = emptyObject()
  for (const { key, value } of node.items as { key: Node; value: Node | null }[]) {
    const name = isScalar(key) && typeof key.value === 'string' ? key.value : undefined
    if (name === undefined || name === '__proto__' || name === '<<') throw bad('a key in it is not a plain text')
    readNode(key, bad, depth)
    map[name] = value === null ? null : readNode(value, bad, depth + 1)
  }
  return map
}

function readScalar(value: unknown, bad: (why: string) => Error): SettingValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw bad('a number in it is out of range')
}

/** `yaml` takes what has no prototype for a map only when it is one; and dates or bigints never get here. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return new Map(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')
}
