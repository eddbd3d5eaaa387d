/// What a task adds to a specification: its name, its keys with their defaults, and how it is made.
public protocol TaskSettings: Codable, Equatable, Sendable {
  /// The name by which a specification asks for the task.
  static var name: TaskConfiguration.Name { get }
  /// How much there is to list where the task's completions can be listed, and otherwise nil.
  var enumerationSize: EnumerationSize? { get }

  /// The documented defaults.
  init()
  /// Throws the first setting that is out of range.
  func validate() throws(TaskConfigurationError)
  /// The task with these settings, which are within their ranges; an empty folder is the cache folder.
  func makeTask(dataFolder: String) throws -> any PreferenceTask
}

/// How much a task has to list.
public struct EnumerationSize: Sendable, Equatable {
  /// The completions of a prompt.
  public var completions: Int
  /// The tokens of the vocabulary, special ones included.
  public var vocabulary: Int

  /// So many completions over so many tokens.
  public init(completions: Int, vocabulary: Int) {
    (self.completions, self.vocabulary) = (completions, vocabulary)
  }
}

extension TaskSettings {
  /// Whether the other settings are of the same task and have the same values.
  func isEqual(to other: any TaskSettings) -> Bool { other as? Self == self }
}

/// Throws unless a setting is allowed.
func require(
  _ isAllowed: Bool, _ key: some CodingKey, _ value: some CustomStringConvertible, _ allowed: String
) throws(TaskConfigurationError) {
  if !isAllowed { throw .outOfRange(key.stringValue, value.description, allowed: allowed) }
}

extension KeyedDecodingContainer {
  /// Overwrites a default where the key is there.
  func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
    if let given = try decodeIfPresent(Value.self, forKey: key) { value = given }
  }
}

/// What can be wrong with the settings of a task.
public enum TaskConfigurationError: Error, Equatable {
  /// A setting lies outside its range.
  case outOfRange(_ key: String, _ value: String, allowed: String)
}

extension TaskConfigurationError: CustomStringConvertible {
  /// One sentence with the key, its value and what is allowed.
  public var description: String {
    switch self {
    case .outOfRange(let key, let value, let allowed):
      "task: '\(key)' is \(value); allowed: \(allowed)"
    }
  }
}
