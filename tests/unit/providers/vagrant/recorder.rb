# Plays Vagrant: evaluates the Vagrantfile named by the first argument and prints, as JSON, what it
# set, per machine. Every assignment and call is recorded; nothing is interpreted.
require "json"

class Recorder < BasicObject
  def initialize(into)
    @into = into
  end

  def method_missing(name, *arguments, **options, &block)
    key = name.to_s
    return @into[key.chomp("=")] = arguments.first if key.end_with?("=")
    return ::Recorder.new(@into[key] ||= {}) if arguments.empty? && options.empty? && !block
    (@into[key] ||= []) << (options.empty? ? arguments : [*arguments, options])
    block&.call(::Recorder.new(@into["#{key} #{arguments.first}"] ||= {}))
  end

  def respond_to_missing?(*)
    true
  end
end

module Vagrant
  def self.configure(version)
    seen = { "version" => version }
    yield ::Recorder.new(seen)
    puts JSON.generate(seen)
  end
end

load ARGV.fetch(0)
