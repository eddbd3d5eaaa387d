/// Settings whose keys, defaults, ranges and meanings stand in one table.
///
/// Reading, writing, validation and the listing that a person reads all come from the table, so a
/// setting is one stored property and one line:
///
/// ```swift
/// struct WalkSettings: SettingsTable {
///   var steps = 10
///   var stride = 0.7
///
///   static let settings: [Setting<Self>] = [
///     Setting("max_steps", \.steps, .atLeast(1), "Steps of the walk."),
///     Setting("stride", \.stride, .positive, "Metres a step.", trl: .absent),
///   ]
/// }
/// ```
public protocol SettingsTable: Codable, Equatable, Sendable {
  /// The documented defaults.
  init()

  /// A line for each stored property, in the order of the listing.
  static var settings: [Setting<Self>] { get }

  /// What stands where nothing is written: ``init()`` unless a few written keys name other defaults.
  static func defaults(in decoder: any Decoder) throws -> Self

  /// Throws where settings that are each in their range exclude one another.
  func validateTogether() throws(ConfigurationError)
}

extension SettingsTable {
  /// The documented defaults.
  public static func defaults(in decoder: any Decoder) throws -> Self { Self() }

  /// Nothing excludes anything.
  public func validateTogether() throws(ConfigurationError) {}

  /// Reads the keys that are there over the defaults; null takes an optional away.
  public init(from decoder: any Decoder) throws {
    var value = try Self.defaults(in: decoder)
    let fields = try decoder.container(keyedBy: SettingKey.self)
    for setting in Self.settings { try setting.read(fields, &value) }
    self = value
  }

  /// Writes every setting that has a value.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: SettingKey.self)
    for setting in Self.settings { try setting.write(self, &fields) }
  }

  /// Throws the first constraint that the values break: ranges first, in the order of the table.
  public func validate() throws(ConfigurationError) {
    for setting in Self.settings {
      if let refusal = setting.refusal(self) { throw refusal }
    }
    try validateTogether()
  }

  /// What a person may want to know of every setting, those within a setting behind it.
  public static var descriptions: [SettingDescription] {
    let defaults = Self()
    return settings.flatMap { $0.descriptions(defaults) }
  }
}

/// One line of a table of settings.
public struct Setting<Root: Sendable>: Sendable {
  /// The name in a specification and on the command line, TRL's where TRL has the setting.
  public let key: String
  /// The property that holds the value, or the settings in which it does.
  public let path: any PartialKeyPath<Root> & Sendable

  typealias Fields = KeyedDecodingContainer<SettingKey>
  typealias WrittenFields = KeyedEncodingContainer<SettingKey>

  let read: @Sendable (_ fields: Fields, _ into: inout Root) throws -> Void
  let write: @Sendable (_ from: Root, _ fields: inout WrittenFields) throws -> Void
  let refusal: @Sendable (_ root: Root) -> ConfigurationError?
  private let presence: @Sendable (_ root: Root) -> Bool
  let descriptions: @Sendable (_ defaults: Root) -> [SettingDescription]

  /// A line of the table.
  ///
  /// - Parameters:
  ///   - key: The name that people write.
  ///   - path: The property.
  ///   - allowed: Which values it may have.
  ///   - meaning: One plain sentence that says what it does.
  ///   - trl: What TRL calls it.
  public init<Value>(
    _ key: String, _ path: any WritableKeyPath<Root, Value> & Sendable,
    _ allowed: AllowedValues<Value>,
    _ meaning: String, trl: TRLName = .same
  ) {
    (self.key, self.path) = (key, path)
    let name = SettingKey(key)
    read = { try allowed.read($0, name, &$1[keyPath: path]) }
    write = { try allowed.write($0[keyPath: path], name, &$1) }
    refusal = { allowed.refusal(key, $0[keyPath: path]) }
    presence = { allowed.isPresent($0[keyPath: path]) }
    descriptions = { defaults in
      [
        SettingDescription(
          key: key, defaultValue: allowed.text(defaults[keyPath: path]), allowed: allowed.words,
          meaning: meaning, trlName: trl.name(of: key))
      ] + allowed.nested.map { $0.behind(key) }
    }
  }

  /// Whether the setting has a value; only an optional one may have none.
  public func hasValue(in root: Root) -> Bool { presence(root) }

  /// The same line in the table of settings that hold these in a property, under the same key.
  public func within<Outer>(_ outer: any WritableKeyPath<Outer, Root> & Sendable) -> Setting<Outer>
  {
    Setting<Outer>(self, within: outer)
  }

  private init<Inner>(
    _ inner: Setting<Inner>, within outer: any WritableKeyPath<Root, Inner> & Sendable
  ) {
    key = inner.key
    path = outer
    read = { try inner.read($0, &$1[keyPath: outer]) }
    write = { try inner.write($0[keyPath: outer], &$1) }
    refusal = { inner.refusal($0[keyPath: outer]) }
    presence = { inner.presence($0[keyPath: outer]) }
    descriptions = { inner.descriptions($0[keyPath: outer]) }
  }
}

/// What TRL calls a setting.
public enum TRLName: Equatable, Sendable {
  /// The same key.
  case same
  /// Another key.
  case other(String)
  /// TRL has no such setting.
  case absent

  /// The name in TRL of our key.
  func name(of key: String) -> String? {
    switch self {
    case .same: key
    case .other(let name): name
    case .absent: nil
    }
  }
}

/// The key of a setting, as coders want it.
package struct SettingKey: CodingKey {
  package let stringValue: String
  package var intValue: Int? { nil }

  package init(_ key: String) { stringValue = key }
  package init(stringValue: String) { self.init(stringValue) }
  package init?(intValue: Int) { nil }
}
