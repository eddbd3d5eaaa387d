import Foundation
import Training
import Yams

/// Settings that have a documented default for every key.
package protocol DefaultedSettings: Codable {
  /// The documented defaults.
  init()
}

/// Settings whose defaults depend on a few keys that name where they come from.
protocol PresetSettings: DefaultedSettings {
  /// All keys, those of optional settings included.
  static var keys: [String] { get }

  /// The defaults that the written keys name; nil where they name none.
  init?(preset written: (_ key: String) -> String?)
}

/// Decodes what someone wrote over the defaults of the type, and refuses what the type does not read.
///
/// A key counts as known once the type's `init(from:)` asks for it; so there is no second list of keys
/// to keep, and optional keys that the defaults leave out are known all the same.
struct SettingsDecoder: Decoder {
  /// What was written here, if anything.
  let written: Node?
  /// The value that stands if nothing was written.
  let fallback: Node?
  let codingPath: [any CodingKey]
  let file: String
  let keys = KeyLedger()
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  /// Decodes a value and checks that every written key was read.
  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    if let scalar = type as? any ScalarConstructible.Type, let value = try construct(scalar) as? T {
      return value
    }
    let decoder = try withDefaults(of: type)
    let value = try decoder.translatingErrors { try T(from: decoder) }
    try decoder.refuseUnknownKeys()
    return value
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    if let written, written.mapping == nil, written.null == nil {
      throw wrongType("keys with values")
    }
    return KeyedDecodingContainer(SettingsMapping<Key>(decoder: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard let elements = (written ?? fallback)?.sequence else { throw wrongType("a list") }
    return SettingsList(decoder: self, elements: Array(elements))
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    SettingsValue(decoder: self)
  }

  /// The decoder of the value under a key.
  func child(_ key: any CodingKey) -> SettingsDecoder {
    SettingsDecoder(
      written: written?.mapping?[key.stringValue], fallback: fallback?.mapping?[key.stringValue],
      codingPath: codingPath + [key], file: file)
  }

  /// Whether the value is null, or absent without a default.
  var isNull: Bool { (written ?? fallback).map { $0.null != nil } ?? true }
}

/// Settings as the tree that stands where nothing is written.
///
/// An encoder leaves out what is nil. Where a preset could say otherwise, that nil is written down.
func fallbackNode(_ value: any DefaultedSettings) throws -> Node? {
  let node = try compose(yaml: String(decoding: encodeRecord(value), as: UTF8.self))
  guard let preset = type(of: value) as? any PresetSettings.Type,
    case .mapping(var mapping)? = node, let null = try compose(yaml: "null")
  else { return node }
  for key in preset.keys where mapping[key] == nil { mapping[key] = null }
  return .mapping(mapping)
}

/// The keys that a type asked for while it was decoded.
final class KeyLedger {
  private(set) var asked: [String] = []

  func record(_ key: String) {
    if !asked.contains(key) { asked.append(key) }
  }
}

extension SettingsDecoder {
  private func withDefaults<T: Decodable>(of type: T.Type) throws -> SettingsDecoder {
    guard fallback == nil, let defaulted = type as? any DefaultedSettings.Type else { return self }
    let preset = (type as? any PresetSettings.Type)?.init { written?.mapping?[$0]?.string }
    let value: any DefaultedSettings = preset ?? defaulted.init()
    let defaults = try fallbackNode(value)
    return SettingsDecoder(written: written, fallback: defaults, codingPath: codingPath, file: file)
  }

  private func construct(_ type: any ScalarConstructible.Type) throws -> Any {
    let kind = kindName(of: type)
    guard let node = written ?? fallback else { throw missingKey }
    guard let scalar = node.scalar else { throw wrongType(kind) }
    // YAML 1.1 reads 1:30 as 90, which nobody means here.
    let isText = type == String.self
    if !isText, scalar.string.contains(":") { throw wrongType(kind) }
    guard let value = type.construct(from: scalar) else { throw wrongType(kind) }
    // Products of two settings must fit into an Int.
    if let number = value as? Int, !(-1_000_000_000...1_000_000_000 ~= number) {
      throw wrongType("\(kind) of at most 1000000000")
    }
    return value
  }

  private func kindName(of type: any ScalarConstructible.Type) -> String {
    switch type {
    case is Bool.Type: "true or false"
    case is any FixedWidthInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    default: "text"
    }
  }

  private func refuseUnknownKeys() throws {
    guard let mapping = written?.mapping else { return }
    for (key, _) in mapping {
      let name = key.string ?? "?"
      guard !keys.asked.contains(name) else { continue }
      let known = keys.asked.sorted()
      throw SpecificationError.unknownKey(
        path(name), known: known, nearest: nearestName(to: name, among: known),
        at: SourceLocation(file: file, mark: key.mark))
    }
  }

  /// Runs a type's own `init(from:)` and gives its complaints a place.
  private func translatingErrors<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch DecodingError.dataCorrupted(_) {
      throw wrongType(among: choices(of: T.self))
    } catch DecodingError.keyNotFound(let key, _) {
      throw SpecificationError.missingKey(path(key.stringValue), at: location)
    } catch DecodingError.valueNotFound {
      throw missingKey
    } catch let error as ConfigurationError {
      throw SpecificationError(error, under: written, file: file)
    }
  }

  /// The words that a type accepts, where it is a list of them.
  private func choices(of type: Any.Type) -> [String] {
    guard let listed = type as? any CaseIterable.Type else { return [] }
    return names(listed)
  }

  private func names<T: CaseIterable>(_ type: T.Type) -> [String] {
    type.allCases.map { ($0 as? any RawRepresentable).map { "\($0.rawValue)" } ?? "\($0)" }
  }

  /// A word that is none of those accepted, with the nearest of them.
  private func wrongType(among choices: [String]) -> SpecificationError {
    guard !choices.isEmpty else { return wrongType("a value of this key's kind") }
    let nearest = written?.string.flatMap { nearestName(to: $0, among: choices) }
    let hint = nearest.map { "; did you mean '\($0)'?" } ?? ""
    return .wrongType(
      key: path(), expected: "one of " + choices.joined(separator: ", "),
      found: describe(written) + hint, at: location)
  }

  var location: SourceLocation { SourceLocation(file: file, mark: written?.mark) }

  var missingKey: SpecificationError { .missingKey(path(), at: location) }

  func wrongType(_ expected: String) -> SpecificationError {
    .wrongType(key: path(), expected: expected, found: describe(written), at: location)
  }

  private func describe(_ node: Node?) -> String {
    guard let node else { return "nothing" }
    if node.mapping != nil { return "keys with values" }
    if node.sequence != nil { return "a list" }
    return node.null == nil ? "'\(node.string ?? "?")'" : "nothing"
  }

  private func path(_ last: String? = nil) -> String {
    let names = codingPath.map { $0.intValue.map { "\($0 + 1)" } ?? $0.stringValue }
    return (names + [last].compactMap(\.self)).joined(separator: ".")
  }
}

extension SourceLocation {
  /// The place of a mark in a file.
  init(file: String, mark: Mark?) {
    let isWords = file == SourceLocation.commandLine
    self.init(file: file, line: isWords ? nil : mark?.line, column: isWords ? nil : mark?.column)
  }
}
