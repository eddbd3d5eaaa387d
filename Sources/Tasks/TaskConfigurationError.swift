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
