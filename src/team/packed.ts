import { bug } from '../base/index.ts'
import { fromHex, fromUtf8, toHex, utf8 } from '../codec/index.ts'
import { hexOf } from './interned.ts'
import { Table } from './table.ts'

/**
 * Values of the law as bytes for the disk: texts, bytes, whole numbers from 0 on, lists, plain
 * objects, maps, sets, tables. Ids
 * and texts that occur again are written once, and so is an object that stands in several places; hex of ids takes as much
 * as the ids. Nothing that is packed so is signed or hashed, and nobody but this node reads it.
 */
export function pack(value: unknown): Uint8Array {
  const packer = new Packer()
  packer.value(value)
  return packer.bytes()
}

/** The value of packed bytes. Throws on others: whoever reads them has looked at their checksum. */
export function unpack(bytes: Uint8Array): unknown {
  return new Unpacker(bytes).value()
}

const tag = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  number: 4,
  text: 5,
  hex: 6,
  bytes: 7,
  same: 8,
  list: 9,
  object: 10,
  map: 11,
  set: 12,
  table: 13,
} as const

const idHex = /^[0-9a-f]{64}$/

/** Writes numbers, and whatever `pack` takes. */
export class Packer {
  #bytes = new Uint8Array(256)
  #size = 0
  /** Numbers of what was written: of bytes and ids by their hex, and of texts; they share one count. */
  readonly #ids = new Map<string, number>()
  readonly #texts = new Map<string, number>()
  #count = 0
  readonly #objects = new Map<object, number>()

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#size)
  }

  /** A safe integer from 0 on: seven bits a byte, the lowest first. */
  number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw bug(`the number ${value} is not kept`)
    let rest = value
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#byte((rest & 127) | 128)
    this.#byte(rest)
  }

  value(value: unknown): void {
    if (value === undefined) this.#byte(tag.undefined)
    else if (value === null) this.#byte(tag.null)
    else if (typeof value === 'boolean') this.#byte(value ? tag.true : tag.false)
    else if (typeof value === 'number') {
      this.#byte(tag.number)
      this.number(value)
    } else if (typeof value === 'string') this.#text(value)
    else if (value instanceof Uint8Array) {
      this.#byte(tag.bytes)
      this.#content(this.#ids, hexOf(value), () => value)
    } else if (typeof value === 'object') this.#object(value)
    else throw bug(`a ${typeof value} is not kept`)
  }

  #text(text: string): void {
    const isId = text.length === 64 && idHex.test(text)
    this.#byte(isId ? tag.hex : tag.text)
    if (isId) this.#content(this.#ids, text, fromHex)
    else this.#content(this.#texts, text, utf8)
  }

  /** What was written before by its number + 1; what is new behind a 0 and its length. */
  #content(known: Map<string, number>, key: string, read: (key: string) => Uint8Array): void {
    const number = known.get(key)
    if (number !== undefined) {
      this.number(number + 1)
      return
    }
    known.set(key, this.#count++)
    const bytes = read(key)
    this.number(0)
    this.number(bytes.length)
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#size)
    this.#size += bytes.length
  }

  #object(value: object): void {
    const known = this.#objects.get(value)
    if (known !== undefined) {
      this.#byte(tag.same)
      this.number(known)
      return
    }
    this.#objects.set(value, this.#objects.size)
    if (Array.isArray(value)) this.#items(tag.list, value)
    else if (value instanceof Set) this.#items(tag.set, [...(value as ReadonlySet<unknown>)])
    else if (value instanceof Map) this.#items(tag.map, [...(value as ReadonlyMap<unknown, unknown>)].flat(1))
    else if (value instanceof Table) this.#items(tag.table, [...(value as Table<unknown>)].flat(1))
    else this.#members(value as Readonly<Record<string, unknown>>)
  }

  #members(object: Readonly<Record<string, unknown>>): void {
    const names = Object.keys(object)
    this.#byte(tag.object)
    this.number(2 * names.length)
    for (const name of names) {
      this.#text(name)
      this.value(object[name])
    }
  }

  #items(kind: number, items: readonly unknown[]): void {
    this.#byte(kind)
    this.number(items.length)
    for (const item of items) this.value(item)
  }

  #byte(byte: number): void {
    this.#room(1)
    this.#bytes[this.#size++] = byte
  }

  #room(more: number): void {
    if (this.#size + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#size + more))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

/** Reads what a packer wrote, in the same order. */
export class Unpacker {
  readonly #bytes: Uint8Array
  #at = 0
  readonly #contents: { readonly bytes: Uint8Array; hex?: string; text?: string }[] = []
  readonly #objects: unknown[] = []

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  number(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  value(): unknown {
    const kind = this.#byte()
    switch (kind) {
      case tag.undefined:
        return undefined
      case tag.null:
        return null
      case tag.false:
      case tag.true:
        return kind === tag.true
      case tag.number:
        return this.number()
      case tag.text: {
        const content = this.#content()
        return (content.text ??= fromUtf8(content.bytes))
      }
      case tag.hex: {
        const content = this.#content()
        return (content.hex ??= toHex(content.bytes))
      }
      case tag.bytes:
        return this.#content().bytes
      case tag.same:
        return this.#objects[this.number()]
      default:
        return this.#object(kind)
    }
  }

  #object(kind: number): unknown {
    const place = this.#objects.push(undefined) - 1
    const items: unknown[] = []
    for (let left = this.number(); left > 0; left--) items.push(this.value())
    const made = kind === tag.list ? items : kind === tag.set ? new Set(items) : keyed(kind, items)
    this.#objects[place] = made
    return made
  }

  #content(): { readonly bytes: Uint8Array; hex?: string; text?: string } {
    const number = this.number()
    const known = number === 0 ? { bytes: this.#take(this.number()) } : this.#contents[number - 1]
    if (known === undefined) throw bug('packed bytes name what is not there')
    if (number === 0) this.#contents.push(known)
    return known
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw bug('packed bytes end too soon')
    this.#at += length
    return this.#bytes.slice(this.#at - length, this.#at)
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw bug('packed bytes end too soon')
    return byte
  }
}

function keyed(kind: number, items: readonly unknown[]): unknown {
  const map = new Map<unknown, unknown>()
  for (let at = 0; at < items.length; at += 2) map.set(items[at], items[at + 1])
  if (kind === tag.map) return map
  if (kind === tag.object) return Object.fromEntries(map) as unknown
  if (kind !== tag.table) throw bug(`packed bytes of an unknown kind, ${kind}`)
  let table = new Table<unknown>()
  for (const [key, value] of map) table = table.with(key as string, value)
  return table
}
