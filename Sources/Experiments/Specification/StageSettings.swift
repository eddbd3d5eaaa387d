public import Foundation
import DPO
public import Optimizers
import PPO
import RewardModeling
import SupervisedFineTuning
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
    var defaults = Self()
    if let file {
      guard let text = try? String(contentsOf: file, encoding: .utf8) else {
        throw MissingInput(path: file.path, remedy: "write a YAML file of `key: value` lines")
      }
      defaults = try Self.read(SettingsFile(yaml: text, file: file.relativePath), over: defaults)
    }
    let lines = try overrides.map(yamlLine).joined(separator: "\n")
    self = try Self.read(
      SettingsFile(yaml: lines, file: SourceLocation.commandLine), over: defaults)
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
