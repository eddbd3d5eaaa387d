package import DPO
package import ExactTheory
package import PPO
import Training

/// One way of learning from the pairs, under the name that its curve carries.
package struct ArmSpecification: Equatable, Sendable {
  /// The name in figures and tables.
  package var name: String
  /// The method and what is set for it.
  package var method: ArmMethod
  /// Standard deviations c that are added to PPO's reward once it is centred on the reference's
  /// completions; nil leaves the reward as it is.
  package var rewardOffset: Double?
  /// A mistake that PPO makes on purpose; nil everywhere but in the gallery of broken runs.
  package var fault: GalleryFault?
  /// The method whose sweep the arm is a setting of; arms of one family are points of one frontier.
  package var family: String?

  /// An arm.
  package init(
    name: String, method: ArmMethod, rewardOffset: Double? = nil, fault: GalleryFault? = nil,
    family: String? = nil
  ) {
    (self.name, self.method) = (name, method)
    (self.rewardOffset, self.fault, self.family) = (rewardOffset, fault, family)
  }

  /// The name as a folder's name: lower case, with hyphens.
  package var slug: String {
    name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
      .joined(separator: "-")
  }
}

/// A method with its settings.
package enum ArmMethod: Equatable, Sendable {
  /// RLHF: a policy trained on a reward by PPO, REINFORCE, RLOO or GRPO, as the settings say.
  case ppo(PPOConfiguration, reward: RewardSource)
  /// Direct preference optimisation on the pairs.
  case dpo(DPOConfiguration)
  /// The reference's best of n completions under the reward model: no training at all.
  case bestOfN(BestOfNConfiguration)
  /// The exact gradient of the true objective on an enumerable language: where all others are going.
  case exactAscent(ExactAscentConfiguration)

  /// The method's name in records.
  package var name: String {
    switch self {
    case .ppo(let settings, _): settings.algorithm.rawValue
    case .dpo: "dpo"
    case .bestOfN: "best-of-n"
    case .exactAscent: "exact-ascent"
    }
  }

  /// Whether the arm samples rollouts and learns from their rewards.
  package var isPolicyGradient: Bool {
    if case .ppo = self { true } else { false }
  }

  /// Whether the arm reads a trained reward model.
  package var needsRewardModel: Bool {
    switch self {
    case .ppo(_, let reward): reward == .learned
    case .dpo(let settings): settings.online?.judge == .reward
    case .bestOfN: true
    case .exactAscent: false
    }
  }
}

/// Where PPO's rewards come from.
package enum RewardSource: String, Codable, Sendable, CaseIterable {
  /// The reward model trained on the pairs.
  case learned
  /// The gold reward ÷ the annotator's temperature.
  case gold
}

/// The numbers of completions among which best-of-n chooses.
package struct BestOfNConfiguration: Codable, Equatable, Sendable, DefaultedSettings {
  /// The n, ascending.
  package var n = [1, 4, 16, 64]

  /// The documented defaults.
  package init() {}

  /// Throws the first constraint that the values break.
  func validate() throws(ConfigurationError) {
    guard !n.isEmpty, n.allSatisfy({ 1...4096 ~= $0 }), n == Array(Set(n)).sorted() else {
      throw .outOfRange("n", "\(n)", allowed: "a list of ascending numbers of 1…4096")
    }
  }
}

extension ArmSpecification: Codable {
  /// The keys of an arm; which of the methods is there says what the arm does.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, family, ppo, reinforce, rloo, grpo, dpo, reward
    case bestOfN = "best-of-n"
    case exactAscent = "exact-ascent"
    case rewardOffset = "reward_offset"
    case fault = "gallery_fault"
  }

  /// Reads the one method that is there.
  package init(from decoder: any Decoder) throws {
    let arm = try decoder.container(keyedBy: CodingKeys.self)
    let name = try arm.decodeIfPresent(String.self, forKey: .name)
    let family = try arm.decodeIfPresent(String.self, forKey: .family)
    let reward = try arm.decodeIfPresent(RewardSource.self, forKey: .reward)
    let offset = try arm.decodeIfPresent(Double.self, forKey: .rewardOffset)
    let fault = try arm.decodeIfPresent(GalleryFault.self, forKey: .fault)
    var methods: [ArmMethod] = []
    for algorithm in PolicyOptimizer.allCases {
      guard let key = CodingKeys(rawValue: algorithm.rawValue), arm.contains(key) else { continue }
      var settings = try arm.decode(PPOConfiguration.self, forKey: key)
      settings.algorithm = algorithm
      methods.append(.ppo(settings, reward: reward ?? .learned))
    }
    if arm.contains(.dpo) { methods.append(.dpo(try arm.decode(forKey: .dpo))) }
    if arm.contains(.exactAscent) {
      methods.append(.exactAscent(try arm.decode(forKey: .exactAscent)))
    }
    if arm.contains(.bestOfN) { methods.append(.bestOfN(try arm.decode(forKey: .bestOfN))) }
    guard methods.count == 1 else {
      throw ConfigurationError.contradiction(
        "an arm has exactly one of the keys ppo, reinforce, rloo, grpo, dpo, best-of-n and "
          + "exact-ascent; this one has \(methods.count)")
    }
    if reward != nil, !methods[0].isPolicyGradient {
      throw ConfigurationError.contradiction("'reward' chooses PPO's reward; remove it here")
    }
    if offset != nil, !methods[0].isPolicyGradient {
      throw ConfigurationError.contradiction("'reward_offset' shifts PPO's reward; remove it here")
    }
    if fault != nil, !methods[0].isPolicyGradient {
      throw ConfigurationError.contradiction(
        "'gallery_fault' breaks PPO on purpose; remove it here")
    }
    self.init(
      name: name ?? methods[0].name, method: methods[0], rewardOffset: offset, fault: fault,
      family: family)
  }

  /// Writes the one method that is there.
  package func encode(to encoder: any Encoder) throws {
    var arm = encoder.container(keyedBy: CodingKeys.self)
    try arm.encode(name, forKey: .name)
    try arm.encodeIfPresent(family, forKey: .family)
    try arm.encodeIfPresent(rewardOffset, forKey: .rewardOffset)
    try arm.encodeIfPresent(fault, forKey: .fault)
    switch method {
    case .ppo(let settings, let reward):
      try arm.encode(settings, forKey: CodingKeys(rawValue: settings.algorithm.rawValue) ?? .ppo)
      try arm.encode(reward, forKey: .reward)
    case .dpo(let settings): try arm.encode(settings, forKey: .dpo)
    case .bestOfN(let settings): try arm.encode(settings, forKey: .bestOfN)
    case .exactAscent(let settings): try arm.encode(settings, forKey: .exactAscent)
    }
  }
}

extension KeyedDecodingContainer {
  fileprivate func decode<T: Decodable>(forKey key: Key) throws -> T {
    try decode(T.self, forKey: key)
  }
}

extension ExactAscentConfiguration: DefaultedSettings {}
