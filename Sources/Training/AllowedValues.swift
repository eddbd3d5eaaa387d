/// Which values a setting may have, in words and as a check, and how they are read and written.
public struct AllowedValues<Value: Sendable>: Sendable {
  typealias Fields = KeyedDecodingContainer<SettingKey>
  typealias WrittenFields = KeyedEncodingContainer<SettingKey>

  /// The values in words, as messages and listings say them.
  public let words: String
  let refusal: @Sendable (_ key: String, _ value: Value) -> ConfigurationError?
  let read: @Sendable (_ fields: Fields, _ key: SettingKey, _ into: inout Value) throws -> Void
  let write: @Sendable (_ value: Value, _ key: SettingKey, _ to: inout WrittenFields) throws -> Void
  let text: @Sendable (_ value: Value) -> String
  /// Whether there is a value.
  var isPresent: @Sendable (_ value: Value) -> Bool = { _ in true }
  /// The settings within the value, if it has any.
  var nested: [SettingDescription] = []

  private init(
    words: String, refusal: @escaping @Sendable (String, Value) -> ConfigurationError?,
    read: @escaping @Sendable (Fields, SettingKey, inout Value) throws -> Void,
    write: @escaping @Sendable (Value, SettingKey, inout WrittenFields) throws -> Void,
    text: @escaping @Sendable (Value) -> String
  ) {
    (self.words, self.refusal) = (words, refusal)
    (self.read, self.write, self.text) = (read, write, text)
  }
}

extension AllowedValues where Value: Codable {
  /// The values for which a check holds.
  public init(_ words: String, where holds: @escaping @Sendable (Value) -> Bool) {
    self.init(
      words: words,
      refusal: { key, value in
        holds(value) ? nil : .outOfRange(key, "\(value)", allowed: words)
      },
      read: { fields, key, value in
        value = try fields.decodeIfPresent(Value.self, forKey: key) ?? value
      },
      write: { value, key, fields in try fields.encode(value, forKey: key) },
      text: { "\($0)" })
  }
}

extension AllowedValues {
  /// No value, or one of these.
  ///
  /// - Parameters:
  ///   - allowed: What it may be if it is there.
  ///   - none: What no value stands for, in the words of the listing.
  /// - Returns: The values of the optional.
  public static func optional<Wrapped: Codable>(
    _ allowed: AllowedValues<Wrapped>, none: String
  ) -> Self where Value == Wrapped? {
    var values = Self(
      words: allowed.words,
      refusal: { key, value in value.flatMap { allowed.refusal(key, $0) } },
      read: { fields, key, value in
        // An absent key keeps the default, null takes it away.
        guard fields.contains(key) else { return }
        value = try fields.decodeIfPresent(Wrapped.self, forKey: key)
      },
      write: { value, key, fields in try fields.encodeIfPresent(value, forKey: key) },
      text: { $0.map(allowed.text) ?? none })
    values.isPresent = { $0 != nil }
    values.nested = allowed.nested
    return values
  }
}

extension AllowedValues<Double> {
  /// Above zero and finite.
  public static var positive: Self { Self("a number above 0") { $0 > 0 && $0.isFinite } }
  /// Above zero; infinity switches a limit off.
  public static var positiveOrInfinite: Self { Self("a number above 0") { $0 > 0 } }
  /// Zero or above, and finite.
  public static var notNegative: Self { Self("0 or more") { $0 >= 0 && $0.isFinite } }
  /// Neither infinite nor undefined.
  public static var finite: Self { Self("a finite number") { $0.isFinite } }
}

extension AllowedValues<Int> {
  /// So many or more.
  public static func atLeast(_ least: Int) -> Self { Self("\(least) or more") { $0 >= least } }
}

extension AllowedValues<Bool> {
  /// Yes or no.
  public static var flag: Self { Self("true or false") { _ in true } }
}

extension AllowedValues
where Value: Codable & CaseIterable & RawRepresentable, Value.RawValue == String {
  /// Any of the cases, by the name that stands in a specification.
  public static var choice: Self {
    let names = Value.allCases.map(\.rawValue)
    let any = Self("one of " + names.joined(separator: ", ")) { _ in true }
    return Self(
      words: any.words, refusal: any.refusal, read: any.read, write: any.write, text: \.rawValue)
  }
}

extension AllowedValues where Value: SettingsTable {
  /// Settings that have a table of their own.
  public static var settings: Self {
    var values = Self(
      words: "settings of its own",
      refusal: { _, value in
        do throws(ConfigurationError) {
          try value.validate()
          return nil
        } catch {
          return error
        }
      },
      read: { fields, key, value in
        value = try fields.decodeIfPresent(Value.self, forKey: key) ?? value
      },
      write: { value, key, fields in try fields.encode(value, forKey: key) },
      text: { _ in "its defaults" })
    values.nested = Value.descriptions
    return values
  }
}
