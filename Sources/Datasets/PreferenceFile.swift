/// Preference pairs as read from a JSON Lines file, with the line that each stands on.
public struct PreferenceFile: Sendable {
  /// The file as the user named it.
  public let name: String
  /// The pairs, in the order of the lines.
  public let pairs: [TextPair]
  /// The line of each pair, counted from one.
  public let lines: [Int]
}
