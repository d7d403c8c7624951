// Copyright (c) 2026 constellation.edge contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// The documented grammar of the section 'constellation', as System.Configuration classes: an unknown attribute or
// element, a second listenUris or a prefixed name is refused by the parser, as it is by the real server's.

using System.Configuration;
using System.Xml;

namespace Constellation.Server.Configuration
{
    public sealed class ConstellationSection : ConfigurationSection
    {
        [ConfigurationProperty("xmlns")]
        public string Namespace { get { return (string)this["xmlns"]; } }

        [ConfigurationProperty("listenUris", IsRequired = true)]
        public UriCollection ListenUris { get { return (UriCollection)this["listenUris"]; } }

        [ConfigurationProperty("fileServer")]
        public FileServerElement FileServer { get { return (FileServerElement)this["fileServer"]; } }

        [ConfigurationProperty("recoveryOptions")]
        public FreeElement RecoveryOptions { get { return (FreeElement)this["recoveryOptions"]; } }

        [ConfigurationProperty("sentinels")]
        public FreeElement Sentinels { get { return (FreeElement)this["sentinels"]; } }

        [ConfigurationProperty("settingsGroups")]
        public FreeElement SettingsGroups { get { return (FreeElement)this["settingsGroups"]; } }

        [ConfigurationProperty("credentials")]
        public CredentialCollection Credentials { get { return (CredentialCollection)this["credentials"]; } }
    }

    [ConfigurationCollection(typeof(UriElement), AddItemName = "uri",
        CollectionType = ConfigurationElementCollectionType.BasicMap)]
    public sealed class UriCollection : ConfigurationElementCollection
    {
        protected override string ElementName { get { return "uri"; } }

        public override ConfigurationElementCollectionType CollectionType
        {
            get { return ConfigurationElementCollectionType.BasicMap; }
        }

        protected override ConfigurationElement CreateNewElement() { return new UriElement(); }

        // Every element is its own key: the same address twice is two entries, and HttpListener keeps one.
        protected override object GetElementKey(ConfigurationElement element) { return element; }
    }

    public sealed class UriElement : ConfigurationElement
    {
        [ConfigurationProperty("listenUri", IsRequired = true)]
        public string ListenUri { get { return (string)this["listenUri"]; } }
    }

    public sealed class FileServerElement : ConfigurationElement
    {
        [ConfigurationProperty("enable")]
        public bool Enable { get { return (bool)this["enable"]; } }

        [ConfigurationProperty("path", DefaultValue = "/WebConsole")]
        public string Path { get { return (string)this["path"]; } }

        [ConfigurationProperty("localhostOnly")]
        public bool LocalhostOnly { get { return (bool)this["localhostOnly"]; } }

        [ConfigurationProperty("physicalPath")]
        public string PhysicalPath { get { return (string)this["physicalPath"]; } }
    }

    [ConfigurationCollection(typeof(CredentialElement), AddItemName = "credential",
        CollectionType = ConfigurationElementCollectionType.BasicMap)]
    public sealed class CredentialCollection : ConfigurationElementCollection
    {
        protected override string ElementName { get { return "credential"; } }

        public override ConfigurationElementCollectionType CollectionType
        {
            get { return ConfigurationElementCollectionType.BasicMap; }
        }

        protected override ConfigurationElement CreateNewElement() { return new CredentialElement(); }

        protected override object GetElementKey(ConfigurationElement element)
        {
            return ((CredentialElement)element).Name;
        }
    }

    public sealed class CredentialElement : ConfigurationElement
    {
        [ConfigurationProperty("name", IsRequired = true)]
        public string Name { get { return (string)this["name"]; } }

        [ConfigurationProperty("accessKey", IsRequired = true)]
        public string AccessKey { get { return (string)this["accessKey"]; } }

        [ConfigurationProperty("enable", DefaultValue = true)]
        public bool Enable { get { return (bool)this["enable"]; } }

        [ConfigurationProperty("enableControlHub")]
        public bool EnableControlHub { get { return (bool)this["enableControlHub"]; } }

        [ConfigurationProperty("enableManagementAPI")]
        public bool EnableManagementAPI { get { return (bool)this["enableManagementAPI"]; } }

        [ConfigurationProperty("enableDeveloperAccess")]
        public bool EnableDeveloperAccess { get { return (bool)this["enableDeveloperAccess"]; } }

        [ConfigurationProperty("authorizations")]
        public FreeElement Authorizations { get { return (FreeElement)this["authorizations"]; } }
    }

    /// <summary>An element whose content the stand-in does not use: foreign XML may stand below it.</summary>
    public sealed class FreeElement : ConfigurationElement
    {
        protected override void DeserializeElement(XmlReader reader, bool serializeCollectionKey)
        {
            reader.Skip();
        }
    }
}
