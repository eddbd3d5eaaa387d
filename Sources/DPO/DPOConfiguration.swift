public import Optimizers
public import Training

/// How DPO fits a policy to preference pairs.
///
/// Keys are TRL's where the meaning is the same. Rates and sizes are those of our pilot runs with
/// models of 0.1 to 1 M parameters, unless a field names another source.
public struct DPOConfiguration: UpdateSettings {
  /// Strength β of the pull towards the reference, PPO's KL coefficient (Rafailov (2023) and TRL: 0.1).
  public var beta = 0.1
  /// The loss over the pairs.
  public var lossKind = PreferenceLossKind.sigmoid
  /// The settings of the loss beside β; keys stand beside `loss_type`, as in TRL.
  public var options = PreferenceLossOptions()
  /// The highest learning rate: 1e-3 suits 0.1 M parameters, 5e-4 suits 1 M (the paper's 6 B: 1e-6).
  public var learningRate = 5e-4
  /// Passes over the pairs.
  public var epochs = 2
  /// Pairs an update, at most as many as there are (Rafailov (2023), appendix B: 64).
  public var batchSize = 64
  /// Updates of linear warm-up; below one, a share of all updates, as in transformers 5.
  ///
  /// A tenth, as Tunstall (2023), section 4.
  public var warmupSteps = 0.1
  /// The way down from the highest rate; linear, as TRL and Tunstall (2023), section 4.
  public var decay = LearningRateDecay.linear
  /// The rule that turns gradients into updates; the DPO paper used `rmsprop`, TRL uses `adamw`.
  public var optimizer = OptimizerKind.adamW
  /// Decoupled weight decay of AdamW (TRL: none).
  public var weightDecay = 0.0
  /// Gradients longer than this are scaled down to it (TRL: 1).
  public var maximumGradientNorm = 1.0
  /// Logical shards a batch is cut into, whatever the number of cores, so that the bits stay the same.
  public var gradientShards = 4
  /// Pairs on which the policy is read again after each update, for the approximate KL of that update.
  public var probePairs = 16

  /// Whether the reference follows the policy; nil for no.
  public var synchronizesReference: Bool?
  /// The policy's share α in each step of the reference; nil for 0.6 (Gorbatovski (2024) and TRL).
  public var mixupShare: Double?
  /// Updates between two steps of the reference; nil for 512 (TRL).
  public var synchronizationSteps: Int?
  /// Fresh pairs from the policy instead of those of the data set; nil for the data set's.
  public var online: OnlineDPOConfiguration?

  /// Creates the documented defaults.
  public init() {}

  /// The loss that the settings describe.
  public var loss: any PreferenceLoss { lossKind.loss(beta: beta, options: options) }

  /// How the reference follows the policy, if it does.
  var movingReference: MovingReference? {
    guard synchronizesReference == true else { return nil }
    return MovingReference(share: mixupShare ?? 0.6, interval: synchronizationSteps ?? 512)
  }

  /// The table of the settings; those of the loss come last.
  public static let settings: [Setting<Self>] =
    lossSettings + updateSettings(of: "Pairs, or rankings with plackett_luce,") + ownSettings
    + PreferenceLossOptions.settings.map { $0.within(\.options) }

  private static let lossSettings: [Setting<Self>] = [
    Setting("beta", \.beta, .positive, "Strength β of the pull towards the reference."),
    Setting("loss_type", \.lossKind, .choice, "The loss over the pairs."),
    Setting("num_train_epochs", \.epochs, .atLeast(1), "Passes over the pairs."),
  ]

  private static let ownSettings: [Setting<Self>] = [
    Setting(
      "probe_pairs", \.probePairs, .atLeast(0),
      "Pairs on which the policy is read again after each update, for its approximate KL.",
      trl: .absent),
    Setting(
      "sync_ref_model", \.synchronizesReference, .optional(.flag, none: "false"),
      "Whether the reference follows the policy."),
    Setting(
      "ref_model_mixup_alpha", \.mixupShare,
      .optional(AllowedValues("0 ≤ α ≤ 1") { 0...1 ~= $0 }, none: "0.6"),
      "The policy's share α in each step of the reference."),
    Setting(
      "ref_model_sync_steps", \.synchronizationSteps, .optional(.atLeast(1), none: "512"),
      "Updates between two steps of the reference."),
    Setting(
      "online", \.online, .optional(.settings, none: "none"),
      "Fresh pairs from the policy instead of those of the data set.", trl: .absent),
  ]

  /// Throws where settings exclude one another.
  public func validateTogether() throws(ConfigurationError) {
    try options.validate(for: lossKind)
    if synchronizesReference != true, mixupShare != nil || synchronizationSteps != nil {
      throw .contradiction(
        "ref_model_mixup_alpha and ref_model_sync_steps need sync_ref_model: true; add it or "
          + "remove them")
    }
    if online != nil, lossKind == .plackettLuce {
      throw .contradiction(
        "online rounds sample pairs, not rankings; use another loss_type than plackett_luce")
    }
  }
}
