import Yams

/// The keyed view of a mapping and the defaults behind it.
struct SettingsMapping<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: SettingsDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  var allKeys: [Key] {
    let written = decoder.written?.mapping.map { $0.compactMap(\.key.string) } ?? []
    let defaults = decoder.fallback?.mapping.map { $0.compactMap(\.key.string) } ?? []
    return (written + defaults.filter { !written.contains($0) }).compactMap { key in
      decoder.keys.record(key)
      return Key(stringValue: key)
    }
  }

  func contains(_ key: Key) -> Bool {
    let child = self.child(key)
    return child.written != nil || child.fallback != nil
  }

  func decodeNil(forKey key: Key) throws -> Bool { child(key).isNull }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try child(key).decode(type)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try child(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try child(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { decoder }

  func superDecoder(forKey key: Key) throws -> any Decoder { child(key) }

  private func child(_ key: Key) -> SettingsDecoder {
    decoder.keys.record(key.stringValue)
    return decoder.child(key)
  }
}

/// The view of a list; its elements have only their own type's defaults.
struct SettingsList: UnkeyedDecodingContainer {
  let decoder: SettingsDecoder
  let elements: [Node]
  private(set) var currentIndex = 0

  init(decoder: SettingsDecoder, elements: [Node]) {
    (self.decoder, self.elements) = (decoder, elements)
  }

  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex == elements.count }

  mutating func decodeNil() throws -> Bool {
    guard elements[currentIndex].null != nil else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    try next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { next() }

  private mutating func next() -> SettingsDecoder {
    defer { currentIndex += 1 }
    return SettingsDecoder(
      written: elements[currentIndex], fallback: nil,
      codingPath: decoder.codingPath + [ListIndex(currentIndex)], file: decoder.file)
  }
}

/// The view of one value.
struct SettingsValue: SingleValueDecodingContainer {
  let decoder: SettingsDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.isNull }

  func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.decode(type) }
}

/// The place of an element in a list, as a coding key.
private struct ListIndex: CodingKey {
  let index: Int
  init(_ index: Int) { self.index = index }
  init?(intValue: Int) { index = intValue }
  init?(stringValue: String) { nil }
  var intValue: Int? { index }
  var stringValue: String { String(index) }
}
