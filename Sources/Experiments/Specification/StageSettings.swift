public import Foundation
import DPO
import PPO
import RewardModeling
import SupervisedFineTuning
public import Training
import Yams

/// The settings of one training, which know their own constraints.
public protocol StageSettings: DefaultedSettings, Sendable {
  /// Throws the first constraint that the values break.
  func validate() throws(ConfigurationError)
}

extension SFTConfiguration: StageSettings {}
extension RewardConfiguration: StageSettings {}
extension PPOConfiguration: StageSettings {}
extension DPOConfiguration: StageSettings {}

extension StageSettings {
  /// Reads settings from a YAML file, and then from `key=value` words, over the documented defaults.
  public init(file: URL?, overrides: [String]) throws {
    let lines = try overrides.map(yamlLine).joined(separator: "\n")
    let words = try SettingsFile(yaml: lines, file: SourceLocation.commandLine)
    let settings = try file.map(Self.settingsFile)
    var defaults = Self.defaults(namedBy: [words, settings].compactMap(\.self))
    if let settings { defaults = try Self.read(settings, over: defaults) }
    self = try Self.read(words, over: defaults)
  }

  private static func settingsFile(_ file: URL) throws -> SettingsFile {
    guard let text = try? String(contentsOf: file, encoding: .utf8) else {
      throw MissingInput(path: file.path, remedy: "write a YAML file of `key: value` lines")
    }
    return try SettingsFile(yaml: text, file: file.relativePath)
  }

  /// The defaults that the first of the sources names which names any.
  private static func defaults(namedBy sources: [SettingsFile]) -> Self {
    guard let type = Self.self as? any PresetSettings.Type else { return Self() }
    let preset = type.init { key in
      sources.lazy.compactMap { $0.root.mapping?[key]?.string }.first
    }
    return preset as? Self ?? Self()
  }

  private static func read(_ settings: SettingsFile, over defaults: Self) throws -> Self {
    let value = try settings.decode(over: defaults)
    try settings.locating { try value.validate() }
    return value
  }
}

/// `key=value` as a line of YAML.
private func yamlLine(_ word: String) throws(SpecificationError) -> String {
  let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
  guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
    throw .syntax(
      "'\(word)' is not of the form key=value", at: SourceLocation(file: SourceLocation.commandLine)
    )
  }
  return "\(parts[0]): \(parts[1])"
}
