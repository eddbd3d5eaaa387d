/// Which task an experiment runs on, and its settings.
///
/// In a specification it is either the name alone, `task: aspect-reviews`, or an object that also has
/// keys of the tasks' ``TaskSettings``; keys left out take the defaults, and each task reads only the
/// keys of its own.
public struct TaskConfiguration: Codable, Sendable {
  /// The tasks there are; a new one is its folder and its line here.
  private static let all: [any TaskSettings.Type] = [
    AspectReviews.Settings.self,
    EnumerableLanguage.Settings.self,
    MovieSentiment.Settings.self,
    Stories.Settings.self,
    PairsTask.Settings.self,
  ]

  /// Which task.
  public var name: Name
  /// Folder of the files of a task that reads some; empty for its cache folder.
  public var dataFolder = ""
  /// The settings of every task, in the order of the list.
  private var settings: [any TaskSettings] = Self.all.map { $0.init() }

  /// A task with its defaults.
  public init(name: Name = .aspectReviews) { self.name = name }

  /// The settings of one task, whichever is chosen.
  subscript<Settings: TaskSettings>(_ type: Settings.Type) -> Settings {
    get { settings.lazy.compactMap { $0 as? Settings }.first ?? Settings() }
    set { settings = settings.map { $0 is Settings ? newValue : $0 } }
  }

  /// The settings of a user's pairs, where they are the task.
  public var pairs: PairsTask.Settings? {
    get { name == PairsTask.Settings.name ? self[PairsTask.Settings.self] : nil }
    set {
      guard let newValue else { return }
      name = PairsTask.Settings.name
      self[PairsTask.Settings.self] = newValue
    }
  }

  /// Those of the chosen task.
  private var chosen: any TaskSettings {
    for settings in settings where type(of: settings).name == name { return settings }
    preconditionFailure("'\(name.rawValue)' is not in the list of tasks")
  }

  /// How much there is to list where the task's completions can be listed, and otherwise nil.
  public var enumerationSize: EnumerationSize? { chosen.enumerationSize }

  /// Throws the first setting that is out of range, of whichever task.
  public func validate() throws(TaskConfigurationError) {
    for settings in settings { try settings.validate() }
  }

  fileprivate func makeTask() throws -> any PreferenceTask {
    try validate()
    return try chosen.makeTask(dataFolder: dataFolder)
  }
}

/// The task that a configuration asks for, ready to draw from.
public func makeTask(_ configuration: TaskConfiguration) throws -> any PreferenceTask {
  try configuration.makeTask()
}

extension TaskConfiguration {
  /// The name of a task in specifications.
  public struct Name: RawRepresentable, Codable, Hashable, Sendable, CaseIterable {
    /// The name as it is written.
    public let rawValue: String

    /// A task of the list, or nil where none has the name.
    public init?(rawValue: String) {
      guard Self.allCases.contains(where: { $0.rawValue == rawValue }) else { return nil }
      self.rawValue = rawValue
    }

    /// The name that a task gives itself.
    init(ofTask rawValue: String) { self.rawValue = rawValue }

    /// The names of all tasks, in the order of the list.
    public static var allCases: [Name] { TaskConfiguration.all.map { $0.name } }
  }
}

extension TaskConfiguration: Equatable {
  /// Whether name, folder and the settings of every task are the same.
  public static func == (left: TaskConfiguration, right: TaskConfiguration) -> Bool {
    left.name == right.name && left.dataFolder == right.dataFolder
      && zip(left.settings, right.settings).allSatisfy { $0.isEqual(to: $1) }
  }
}

extension TaskConfiguration {
  private enum CodingKeys: String, CodingKey {
    case name
    case dataFolder = "data_folder"
  }

  /// Those whose keys every recorded configuration of a task with a known gold has, whichever it is.
  ///
  /// The hashes by which finished cells are known hold them. Other keys are written where their task is chosen.
  private static let alwaysWritten: [any TaskSettings.Type] = [
    AspectReviews.Settings.self, EnumerableLanguage.Settings.self, MovieSentiment.Settings.self,
  ]

  /// Reads the name alone, or an object in which every key may be left out.
  public init(from decoder: any Decoder) throws {
    self.init()
    let single = try? decoder.singleValueContainer()
    if let single, (try? single.decode(String.self)) != nil {
      name = try single.decode(Name.self)
      return
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try values.read(.name, into: &name)
    settings = try Self.all.map { try $0.init(from: decoder) }
    try values.read(.dataFolder, into: &dataFolder)
  }

  /// Writes one object; the keys of a user's pairs stand alone, and others side by side.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .name)
    for settings in settings {
      let kind = type(of: settings)
      let isAlwaysWritten = pairs == nil && Self.alwaysWritten.contains { $0 == kind }
      guard kind.name == name || isAlwaysWritten else { continue }
      try settings.encode(to: encoder)
    }
    try values.encode(dataFolder, forKey: .dataFolder)
  }
}
