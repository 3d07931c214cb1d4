import { fail, limits } from '../base/index.ts'
import { fromUtf8, isWellFormed } from './bytes.ts'

/** What JSON can say. Objects have no prototype. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject

export interface JsonObject {
  [name: string]: JsonValue
}

export interface JsonOptions {
  /** Name of the text in messages: a path, "The request". */
  readonly what: string
  /** 1 MiB unless said. */
  readonly bytesMax?: number
  /** 16 unless said. */
  readonly depthMax?: number
  /** `integers` (0 … 2^53 - 1, the default) or `any` for foreign forms. */
  readonly numbers?: 'integers' | 'any'
  /** Accepts one comma before a closing `]`, and is called for it (`FORMATS.md` 7). */
  readonly onTrailingComma?: () => void
}

/**
 * Strict JSON (`FORMATS.md` R0.6): duplicate member names, `__proto__`, lone surrogates, a byte order mark, NUL, depth and
 * size are refused with `ERR_CODEC_JSON`, which says where and never quotes the text.
 */
export function parseJson(input: string | Uint8Array, options: JsonOptions): JsonValue {
  const bytesMax = options.bytesMax ?? limits.textFileBytesMax
  if (input.length > bytesMax) throw fail('ERR_CODEC_JSON', { what: options.what, why: `more than ${bytesMax} bytes` })
  const text = typeof input === 'string' ? input : decodeText(input, options.what)
  // Characters are at most bytes; the exact count matters only near the limit.
  if (text.length * 3 > bytesMax && new TextEncoder().encode(text).length > bytesMax) {
    throw fail('ERR_CODEC_JSON', { what: options.what, why: `more than ${bytesMax} bytes` })
  }
  return new JsonReader(text, options).readWhole()
}

/** True for an object: neither null nor a list. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw fail('ERR_CODEC_JSON', { what, why: 'not UTF-8' }, { cause })
  }
}

const whiteSpace = /[ \t\r\n]*/y
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const stringToken = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y

class JsonReader {
  readonly #text: string
  readonly #options: JsonOptions
  #at = 0

  constructor(text: string, options: JsonOptions) {
    this.#text = text
    this.#options = options
  }

  readWhole(): JsonValue {
    const value = this.#readValue(this.#options.depthMax ?? limits.jsonDepthMax)
    this.#skip()
    if (this.#at !== this.#text.length) throw this.#refused('something behind the value')
    return value
  }

  #readValue(depthLeft: number): JsonValue {
    this.#skip()
    switch (this.#text[this.#at]) {
      case '{':
        return this.#readObject(depthLeft)
      case '[':
        return this.#readArray(depthLeft)
      case '"':
        return this.#readString()
      case 't':
        return this.#readWord('true', true)
      case 'f':
        return this.#readWord('false', false)
      case 'n':
        return this.#readWord('null', null)
      default:
        return this.#readNumber()
    }
  }

  #readObject(depthLeft: number): JsonObject {
    this.#enter(depthLeft)
    const object = Object.create(null) as JsonObject
    if (this.#takes('}')) return object
    do {
      this.#skip()
      const name = this.#readString()
      if (name === '__proto__') throw this.#refused('a member named __proto__')
      if (name in object) throw this.#refused('a member name that stands twice')
      if (!this.#takes(':')) throw this.#refused('a colon is missing')
      object[name] = this.#readValue(depthLeft - 1)
    } while (this.#takes(','))
    if (!this.#takes('}')) throw this.#refused('a comma or } is missing')
    return object
  }

  #readArray(depthLeft: number): JsonValue[] {
    this.#enter(depthLeft)
    const items: JsonValue[] = []
    if (this.#takes(']')) return items
    do {
      if (items.length > 0 && this.#options.onTrailingComma !== undefined && this.#takes(']')) {
        this.#options.onTrailingComma()
        return items
      }
      items.push(this.#readValue(depthLeft - 1))
    } while (this.#takes(','))
    if (!this.#takes(']')) throw this.#refused('a comma or ] is missing')
    return items
  }

  #readString(): string {
    const token = this.#match(stringToken)
    if (token === undefined) throw this.#refused('a string is missing or broken')
    const text = JSON.parse(token) as string
    if (!isWellFormed(text)) throw this.#refused('a lone surrogate')
    return text
  }

  #readNumber(): number {
    const token = this.#match(numberToken)
    if (token === undefined) throw this.#refused('a value is missing or broken')
    const value = Number(token)
    const isInteger = /^[0-9]+$/.test(token) && Number.isSafeInteger(value)
    if (!isInteger && this.#options.numbers !== 'any')
      throw this.#refused('a number that is no integer of 0 to 2^53 - 1')
    if (!Number.isFinite(value)) throw this.#refused('a number too large')
    return value
  }

  #readWord<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#refused('a value is broken')
    this.#at += word.length
    return value
  }

  #enter(depthLeft: number): void {
    if (depthLeft === 0) throw this.#refused('nested too deeply')
    this.#at++
  }

  #takes(character: string): boolean {
    this.#skip()
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #skip(): void {
    this.#match(whiteSpace)
  }

  #match(token: RegExp): string | undefined {
    token.lastIndex = this.#at
    const found = token.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #refused(why: string) {
    const before = this.#text.slice(0, this.#at)
    const line = before.split('\n').length
    const column = this.#at - before.lastIndexOf('\n')
    return fail('ERR_CODEC_JSON', { what: this.#options.what, why: `${why} (line ${line}, column ${column})` })
  }
}
